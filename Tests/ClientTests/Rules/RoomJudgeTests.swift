import CallList
import Foundation
import MLS
import RelayAPI
import Terms
import Testing
import WireFormat

@testable import Client

/// [R1] All the rules together, over real commits that their authors made by none: each of them is asked, under the right
/// list. What each says in detail has a suite of its own.
@Suite struct RoomJudgeTests {
    private let team: RuleTeam
    /// What the officers published, read by bo. The first list has everybody but eve; mara is cleared for GREEN, and bo's
    /// membership ends in an hour. The second has eve in lena's place. In the third mara is of legal and cleared
    /// for all.
    private let published: [KnownCallList]
    private let lists: KnownCallLists

    init() throws {
        team = try RuleTeam()
        let first = try team.list(readBy: "bo") {
            $0.clearance = ["mara": .green]
            $0.expires = ["bo": RuleTeam.now + 3600]
        }
        let second = try team.list(after: first, readBy: "bo") {
            $0.persons = ["ada", "bo", "mara", "eve"]
            $0.clearance = ["mara": .green]
        }
        let third = try team.list(after: second, readBy: "bo") {
            $0.persons = ["ada", "bo", "mara", "eve"]
            $0.roles = ["mara": "legal"]
        }
        published = [first, second, third]
        lists = try KnownCallLists(published)
    }

    /// A room under the first list: an incident room that ada leads, with bo and lena; or a page room with the sensor too.
    private func room(_ kind: RoomKind) throws -> RuleRoom {
        let page = kind == .page
        return try RuleRoom(
            team, policy: .sample(kind: kind, leads: page ? [] : ["ada"], pin: published[0].pin),
            members: ["ada", "bo", "lena"] + (page ? ["siem"] : []))
    }

    private func judge(_ occasion: RoomJudge.Occasion, at seconds: TimeInterval = 0) -> RoomJudge {
        RoomJudge(room: .random(), lists: lists, time: RuleTeam.now + seconds, occasion: occasion)
    }

    // MARK: Commits of others

    struct Row: Sendable {
        let what: String
        var kind = RoomKind.incident
        let author: String
        var plan: @Sendable (RuleRoom, [KnownCallList]) throws -> CommitPlan = { _, _ in CommitPlan() }
        /// Seconds after the lists were issued.
        var at: TimeInterval = 0
        let says: String?

        /// A plan that adds, removes, and changes the policy.
        static func plan(
            adds: [String] = [], removes: [String] = [],
            policy: (@Sendable (RoomPolicy, [KnownCallList]) throws -> RoomPolicy)? = nil
        ) -> @Sendable (RuleRoom, [KnownCallList]) throws -> CommitPlan {
            { room, published in
                var plan = CommitPlan()
                plan.adds = try adds.map { try room.team.keyPackage($0) }
                plan.removes = try removes.map { try room.index($0) }
                plan.extensions = try policy?(room.policy, published).extensions
                return plan
            }
        }
    }

    static let rows = [
        Row(what: "an empty commit, by anybody", author: "bo", says: nil),
        Row(what: "the same once the author expired", author: "bo", at: 3600, says: "device <bo> has expired"),
        Row(
            what: "the next list and whom it adds, in one commit", author: "ada",
            plan: Row.plan(adds: ["eve"], policy: { $0.pinned(to: $1[1].pin) }), says: nil),
        Row(
            what: "somebody whom only the next list has, under this one", author: "ada",
            plan: Row.plan(adds: ["eve"]), says: "a member's device is not on call list 1"),
        Row(
            what: "the next list and whom it revokes, in one commit", author: "bo",
            plan: Row.plan(removes: ["lena"], policy: { $0.pinned(to: $1[1].pin) }), says: nil),
        Row(
            what: "whom only the next list revokes, under this one", author: "bo", plan: Row.plan(removes: ["lena"]),
            says: "only a lead removes somebody who is on the call list [R6]"),
        Row(what: "a lead removes anybody", author: "ada", plan: Row.plan(removes: ["lena"]), says: nil),
        Row(
            what: "the list that revokes the author", author: "lena",
            plan: Row.plan(policy: { $0.pinned(to: $1[1].pin) }), says: "a member's device is not on call list 2"),
        Row(
            what: "the next list, which renews the author's term", author: "bo",
            plan: Row.plan(policy: { $0.pinned(to: $1[1].pin) }), at: 3600, says: nil),
        Row(
            what: "another home relay", author: "ada",
            plan: Row.plan(policy: { policy, _ in try policy.with(homeRelay: "r2") }),
            says: "a commit changes what never changes in a room's policy"),
        Row(
            what: "an older list, which nobody needs to have to refuse it", author: "ada",
            plan: Row.plan(policy: { policy, _ in try policy.with(pin: .init(version: 0, digest: policy.pin.digest)) }),
            says: "a commit moves the room back to an older call list"),
        Row(
            what: "another second list than the officers'", author: "ada",
            plan: Row.plan(policy: { policy, _ in try policy.with(pin: .init(version: 2, digest: policy.pin.digest)) }),
            says: "the room is pinned to another call list 2 than this device has"),
        Row(
            what: "a lead without the role", author: "ada",
            plan: Row.plan(policy: { policy, _ in try policy.with(leads: ["ada", "lena"]) }),
            says: "Lena Example leads the room, and no role of theirs allows it [R6]"),
        Row(
            what: "a lead with the role", author: "ada",
            plan: Row.plan(
                adds: ["mara"], policy: { policy, _ in try policy.with(leads: ["ada", "mara"], tlpCeiling: .green) }),
            says: nil),
        Row(
            what: "a lead who is not in the room", author: "ada",
            plan: Row.plan(policy: { policy, _ in try policy.with(leads: ["ada", "mara"]) }),
            says: "a device leads the room that is not in it [R6]"),
        Row(
            what: "a lead whose role ends with the list that the commit pins", author: "ada",
            plan: Row.plan(adds: ["mara"], policy: { try $0.with(leads: ["ada", "mara"], pin: $1[2].pin) }),
            says: "Mara Example leads the room, and no role of theirs allows it [R6]"),
        Row(
            what: "somebody makes itself a lead", author: "bo",
            plan: Row.plan(policy: { policy, _ in try policy.with(leads: ["ada", "bo"]) }),
            says: "only a lead adds people or changes the policy [R6]"),
        Row(
            what: "an add by somebody who does not lead", author: "bo", plan: Row.plan(adds: ["mara"]),
            says: "only a lead adds people or changes the policy [R6]"),
        Row(
            what: "somebody who is not cleared", author: "ada", plan: Row.plan(adds: ["mara"]),
            says: "Mara Example has no clearance for TLP:RED"),
        Row(
            what: "the same, where the lead lowers the ceiling to them", author: "ada",
            plan: Row.plan(adds: ["mara"], policy: { policy, _ in try policy.with(tlpCeiling: .green) }), says: nil),
        Row(
            what: "the same, where the list that the commit pins clears them", author: "ada",
            plan: Row.plan(adds: ["mara"], policy: { $0.pinned(to: $1[2].pin) }), says: nil),
        Row(what: "a sensor's commit", kind: .page, author: "siem", says: "a sensor never commits [R5]"),
        Row(
            what: "an add to a page room", kind: .page, author: "ada", plan: Row.plan(adds: ["mara"]),
            says: "nobody is added to a page room, and its policy stays"),
        Row(
            what: "a revoked device goes from a page room", kind: .page, author: "bo",
            plan: Row.plan(removes: ["lena"], policy: { $0.pinned(to: $1[1].pin) }), says: nil),
        Row(
            what: "somebody listed goes from a page room", kind: .page, author: "ada",
            plan: Row.plan(removes: ["lena"]),
            says: "only a lead removes somebody who is on the call list [R6]"),
        Row(
            what: "another signature key of the author", author: "bo",
            plan: { room, _ in
                var plan = CommitPlan()
                plan.leaf = LeafChange()
                plan.leaf?.signer = try room.team.device("eve").mls
                return plan
            }, says: "a commit changes its author's identity"),
    ]

    @Test("[R1] What a reader says of a commit", arguments: rows) func commits(_ row: Row) throws {
        let room = try room(row.kind)
        let (commit, header) = try room.commit(row.plan(room, published), by: row.author)
        var reader = try room.group(row.author == "ada" ? "bo" : "ada")
        let before = reader.epoch
        let said = try verdict {
            _ = try reader.process(commit.message, judge: judge(room.following(header), at: row.at))
        }
        #expect(said == team.spelled(row.says), "\(row.what)")
        #expect(reader.epoch.value == before.value + (row.says == nil ? 1 : 0), "\(row.what)")
    }

    @Test("[R3] A header that says something else than the commit does, or than was signed") func headers() throws {
        let room = try room(.incident)
        let (commit, header) = try room.commit(Row.plan(removes: ["lena"])(room, published), by: "ada")
        func said(_ message: [UInt8], _ header: CommitHeader) throws -> String? {
            var reader = try room.group("bo")
            return try verdict { _ = try reader.process(message, judge: judge(room.following(header))) }
        }
        #expect(try said(commit.message, header) == nil)
        let lie = try room.header(CommitPlan())
        #expect(try said(commit.message, lie) == "a commit's header is not the one that was signed [R3]")
        var plan = try Row.plan(removes: ["lena"])(room, published)
        plan.authenticatedData = lie.encoded
        let lying = try room.group("ada").commit(plan, signer: team.device("ada").mls, judge: Anything())
        #expect(try said(lying.message, lie) == "a commit does something else than its header says [R3]")
    }

    @Test("[R1] A leaf that an Update brings in is judged under the pinned list, too") func updates() throws {
        for (signer, list, says) in [
            ("lena", 0, nil), ("eve", 0, "device <lena> uses a key that is not on call list 1"),
            ("lena", 1, "a member's device is not on call list 2"),
        ] {
            var room = try room(.incident)
            var change = LeafChange()
            change.signer = try team.device(signer).mls
            try room.propose(.update(change), by: "lena")
            var plan = try Row.plan(policy: { $0.pinned(to: $1[list].pin) })(room, published)
            plan.references = try room.group("bo").pendingProposals.map(\.reference)
            let (commit, header) = try room.commit(plan, by: "bo")
            var reader = try room.group("ada")
            let said = try verdict { _ = try reader.process(commit.message, judge: judge(room.following(header))) }
            #expect(said == team.spelled(says))
        }
    }

    @Test("[R1] Who lacks the list that a commit pins says nothing of it, and takes it once the list is there")
    func missing() throws {
        let room = try room(.incident)
        let fourth = try team.list(after: published[2])
        let (commit, header) = try room.commit(
            Row.plan(policy: { policy, _ in policy.pinned(to: fourth.pin) })(room, published), by: "ada")
        var reader = try room.group("bo")
        #expect(throws: MissingCallList(pin: fourth.pin)) {
            try reader.process(commit.message, judge: judge(room.following(header)))
        }
        #expect(try reader.epoch == room.group("bo").epoch)
        try lists.insert(fourth)
        _ = try reader.process(commit.message, judge: judge(room.following(header)))
        #expect(reader.epoch == commit.next.epoch)
    }

    // MARK: One's own

    @Test("[R1] An own commit is to its author what it is to everybody else") func own() throws {
        let room = try room(.incident)
        let (commit, header) = try room.commit(
            Row.plan(adds: ["eve"], removes: ["lena"], policy: { $0.pinned(to: $1[1].pin) })(room, published), by: "ada"
        )
        let own = try RoomChange(own: header, from: room.group("ada"), to: commit.next)
        let others = try RoomChange(commit.facts, in: room.group("ada").devices)
        #expect(
            own.before == others.before && own.after == others.after && own.committer == others.committer
                && own.present == others.present)
        #expect(own.added == others.added && own.removed == others.removed)
        #expect(own.added.count == 1 && own.removed.count == 1 && own.after.pin == published[1].pin)
    }

    @Test(
        "[R5] [R6] The commit that makes a room",
        arguments: [
            ("ada", RoomKind.incident, ["ada"], ["bo", "lena"], nil),
            ("ada", .incident, [], ["bo"], "nobody on call list 1 leads the room [R6]"),
            ("ada", .incident, ["lena"], ["lena"], "Lena Example leads the room, and no role of theirs allows it [R6]"),
            ("ada", .incident, ["ada"], ["mara"], "Mara Example has no clearance for TLP:RED"),
            ("ada", .incident, ["ada"], ["siem"], "device <siem> belongs to nobody on call list 1"),
            ("ada", .page, [], ["bo", "mara", "siem"], nil),
            ("siem", .page, [], ["ada", "mara"], nil),
            ("siem", .page, [], ["eve"], "a member's device is not on call list 1"),
            ("eve", .page, [], ["ada"], "a member's device is not on call list 1"),
        ] as [(String, RoomKind, [String], [String], String?)])
    func founding(_ maker: String, _ kind: RoomKind, _ leads: [String], _ adds: [String], _ says: String?) throws {
        let device = try team.device(maker)
        let said = try verdict {
            let group = try Group.create(
                id: [1], identity: device.id.bytes, signer: device.mls, capabilities: RoomPolicy.capabilities,
                lifetime: RuleTeam.lifetime,
                extensions: RoomPolicy.sample(kind: kind, leads: leads, pin: published[0].pin).extensions,
                judge: judge(.creating))
            var plan = CommitPlan()
            plan.adds = try adds.map { try team.keyPackage($0) }
            _ = try group.commit(plan, signer: device.mls, judge: judge(.creating))
        }
        #expect(said == team.spelled(says))
    }

    // MARK: Joining

    @Test(
        "[R6] A joiner looks at everybody in the room, and at who leads it",
        arguments: [
            (RoomKind.incident, ["ada"], ["lena"], 0, nil),
            (.incident, ["ada"], ["lena"], 3600, "device <bo> has expired"),
            (.incident, ["ada"], ["eve"], 0, "a member's device is not on call list 1"),
            (.incident, ["ada"], ["mara"], 0, "Mara Example has no clearance for TLP:RED"),
            (.incident, ["ada"], ["siem"], 0, "device <siem> belongs to nobody on call list 1"),
            (.incident, [], ["lena"], 0, "nobody on call list 1 leads the room [R6]"),
            (.incident, ["lena"], ["lena"], 0, "Lena Example leads the room, and no role of theirs allows it [R6]"),
            (.page, [], ["mara", "siem"], 0, nil),
            (.page, [], ["eve"], 0, "a member's device is not on call list 1"),
        ] as [(RoomKind, [String], [String], TimeInterval, String?)])
    func joining(_ kind: RoomKind, _ leads: [String], _ others: [String], _ at: TimeInterval, _ says: String?) throws {
        let policy = try RoomPolicy.sample(kind: kind, leads: leads, pin: published[0].pin)
        let room = try RuleRoom(team, policy: policy, members: ["ada"] + others)
        let bo = try team.keyPackageBundle("bo")
        var plan = CommitPlan()
        plan.adds = [bo.keyPackage]
        let commit = try room.commit(plan, by: "ada").commit
        let said = try verdict {
            let group = try Group.join(
                welcome: required(commit.welcomes.first), bundle: { $0 == bo.reference ? bo : nil },
                judge: judge(.joining, at: at))
            try judge(.joining, at: at).judge(whole: group, policy: policy)
        }
        #expect(said == team.spelled(says))
    }
}
