import CallList
import Foundation
import Incident
import NIOHTTP1
import Platform
import RelayAPI
import SQLite
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// One member of a room, who posts by hand what no client would: the others are still paged, talk, and remove the member; and it
/// is said whose doing it is.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MemberTests {
    init() { DescriptorLimit.raise() }

    private func remove(_ name: String, from room: RoomID, _ siege: Siege) async throws {
        let member = try #require(MemberID(name))
        #expect(try await siege.client("ada").removeMembers([member], from: room).isAccepted)
        // A removal counts once somebody else goes on from it.
        #expect(try await siege.client("ben").send("on we go", tlp: nil, to: room).isAccepted)
        let removed = try siege.device(name)
        let refused = try await siege.with { visit in
            let token = try await visit.token(removed)
            return try await visit.send(
                .POST, "/v1/rooms/\(room)/entries", token: token, body: Posts.message(1, bytes: 6).encoded)
        }
        #expect(refused.problem == .notMember)
    }

    @Test("[R3] [R20] 1,500 junk commits are one alarm, counted, with whose doing it is")
    func junkCommits() async throws {
        try await Siege.withCrew(limits: #"{"commitBurst": 10000, "requestBurst": 100000}"#) { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let mira = try siege.device("mira")
            try await siege.with { visit in
                let token = try await visit.token(mira)
                var seq = try await siege.head(of: room, visit, token)
                for _ in 0..<1_500 {
                    let junk = siege.posts.commit(adding: [], step: 0, baseSeq: seq)
                    let answer = try await visit.insist(
                        .POST, "/v1/rooms/\(room)/entries", token: token, body: junk.encoded)
                    seq = try Receipt(decoding: answer.body).seq
                }
            }
            await siege.expectOthersWork(in: room)
            for name in ["ada", "ben"] {
                let alarms = try siege.client(name).alarms()
                #expect(
                    alarms.map(\.subject) == [
                        AlarmSubject(.invalidEntry(.commit), room: room, by: .device(mira.id))
                    ])
                #expect(alarms.map(\.count) == [1_500])
            }
            let listed = try await siege.tocsin("alarms", as: "ada")
            #expect(listed.status == 0 && listed.output.split(separator: "\n").count == 1)
            #expect(listed.output.contains("Mira Watt") && listed.output.contains("1500 times"))
            try await remove("mira", from: room, siege)
        }
    }

    @Test("[R3] [R20] Messages that nobody can open are one alarm, too, and hide nothing of another kind")
    func junkMessages() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let mira = try siege.device("mira")
            try await siege.with { visit in
                let token = try await visit.token(mira)
                for _ in 0..<100 {
                    _ = try await visit.insist(
                        .POST, "/v1/rooms/\(room)/entries", token: token, body: Posts.message(2, bytes: 600).encoded)
                }
                let junk = siege.posts.commit(
                    adding: [], step: 0, baseSeq: try await siege.head(of: room, visit, token))
                _ = try await visit.insist(.POST, "/v1/rooms/\(room)/entries", token: token, body: junk.encoded)
            }
            await siege.expectOthersWork(in: room)
            let alarms = try siege.client("ben").alarms()
            #expect(alarms.map(\.subject.cause) == [.invalidEntry(.message), .invalidEntry(.commit)])
            #expect(alarms.map(\.count) == [100, 1])
            try await remove("mira", from: room, siege)
        }
    }

    @Test("[R3] CommitFlood: as many junk commits as the relay takes; a message and the removal land within 15 s")
    func commitFlood() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let mira = try siege.device("mira")
            let (posted, tell) = AsyncStream.makeStream(of: Void.self)
            let flood = Task {
                try await siege.with { visit in
                    let token = try await visit.token(mira)
                    while !Task.isCancelled {
                        let seq = try await siege.head(of: room, visit, token)
                        let junk = siege.posts.commit(adding: [], step: 0, baseSeq: seq)
                        let answer = try await visit.send(
                            .POST, "/v1/rooms/\(room)/entries", token: token, body: junk.encoded)
                        if answer.problem == .notMember { return }
                        tell.yield()
                    }
                }
            }
            for await _ in posted { break }
            let start = ContinuousClock.now
            await siege.expectOthersWork(in: room)
            try await remove("mira", from: room, siege)
            #expect(ContinuousClock.now - start < .seconds(15))
            flood.cancel()
            _ = try? await flood.value
        }
    }

    /// A header that a member makes up for junk.
    private func refusal(
        of header: CommitHeader, by name: String, in room: RoomID, _ siege: Siege, welcome: DeviceID? = nil
    ) async throws -> ProblemCode? {
        let keys = try siege.device(name)
        let post = EntryPost(
            event: .random(), entryClass: .commit, baseSeq: header.baseSeq, parent: header.parent,
            payload: CommitPayload(header: header, commit: [1, 2, 3]).encoded,
            welcomes: welcome.map { [WelcomeDelivery(step: 0, devices: [$0], welcome: Array("junk".utf8))] } ?? [])
        return try await siege.with { visit in
            try await visit.send(
                .POST, "/v1/rooms/\(room)/entries", token: visit.token(keys), body: post.encoded
            ).problem
        }
    }

    private func header(
        in room: RoomID, _ siege: Siege, adds: [DeviceID] = [], removes: [DeviceID] = [], leads: [DeviceID]? = nil,
        version: UInt64? = nil
    ) async throws -> CommitHeader {
        let keys = try siege.device("ada")
        let seq = try await siege.with { try await siege.head(of: room, $0, $0.token(keys)) }
        let list = siege.posts.list
        return CommitHeader(
            baseSeq: seq, parent: 1, chain: [UInt8](repeating: 0, count: LogChain.length), at: Timestamp(Date()),
            adds: adds, removes: removes, leads: leads, callListVersion: version ?? list.version,
            callListDigest: version == nil ? Hexadecimal.decode(list.digest) ?? [] : [UInt8](repeating: 9, count: 32))
    }

    @Test(
        "[R3] Junk that removes the others, or takes the lead, is refused: nobody is cut off, the member can be removed"
    )
    func removalHeaders() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let (ada, ben, mira) = (try siege.device("ada").id, try siege.device("ben").id, try siege.device("mira").id)
            for lie in [
                try await header(in: room, siege, removes: [ada, ben]),
                try await header(in: room, siege, removes: [ada]),
                try await header(in: room, siege, leads: [mira]),
            ] {
                #expect(try await refusal(of: lie, by: "mira", in: room, siege) == .commitRefused)
            }
            await siege.expectOthersWork(in: room)
            #expect(try siege.client("ben").alarms().isEmpty)
            try await remove("mira", from: room, siege)
        }
    }

    @Test("[R3] Junk pinned to a call list that nobody has is refused, and the room goes on")
    func pinnedAhead() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            for version in [siege.posts.list.version, siege.posts.list.version + 1, .max] {
                let lie = try await header(in: room, siege, version: version)
                #expect(try await refusal(of: lie, by: "mira", in: room, siege) == .callListUnknown)
            }
            await siege.expectOthersWork(in: room)
            #expect(try siege.client("ben").alarms().isEmpty)
            try await remove("mira", from: room, siege)
        }
    }

    @Test(
        "[R14] 70 junk invitations, genuine ones among them: all that is genuine comes, and who was not reached is seen"
    )
    func junkInvitations() async throws {
        try await Siege.withCrew { siege in
            let (ada, ben, mira) = (try siege.client("ada"), try siege.client("ben"), try siege.client("mira"))
            let (culprit, victim) = (try siege.device("mira"), try siege.device("ada"))
            var junk: [RoomID] = []
            var genuine: [RoomID] = []
            try await siege.with { visit in
                let token = try await visit.token(culprit)
                for number in 0..<70 {
                    if number.isMultiple(of: 30) {
                        genuine.append(
                            try await ben.openIncident(
                                title: "\(number)", from: nil, tlp: .red, members: [try #require(MemberID("ada"))]
                            ).room)
                    }
                    let room = RoomID.random()
                    let creation = siege.posts.incident(room, adding: [culprit, victim])
                    let own = RoomCreation(
                        room: room, event: creation.event, kind: .incident, retention: 60, horizon: 0, close: 0,
                        steps: [], entries: [siege.posts.commit(adding: [victim], step: 0, leads: [culprit])])
                    _ = try await visit.insist(.POST, "/v1/rooms", token: token, body: own.encoded)
                    junk.append(room)
                }
            }
            let page = try await ben.page(PageDraft(title: "Now", summary: "", severity: .critical), policy: "night")
            try await ada.sync()
            #expect(Set(try ada.rooms().map(\.id)) == Set(genuine + [page.room]))
            #expect(try ada.alarms().map(\.subject.cause) == [.welcomeUnusable])
            #expect(try ada.alarms().map(\.count) == [70])
            #expect(try await ada.acknowledge(page.room).isAccepted)
            try await siege.with { visit in
                let token = try await visit.token(victim)
                let heads = try JSONDecoder().decode(
                    Heads.self, from: Data(try await visit.insist(.GET, "/v1/heads", token: token).body))
                #expect(heads.pendingWelcomes == 0)
                #expect(Set(heads.rooms.map(\.room)).isDisjoint(with: junk))
                let said = try await visit.insist(
                    .GET, "/v1/rooms/\(junk[0])/entries?after=0&limit=9", token: try await visit.token(culprit))
                #expect(try EntryPage(decoding: said.body).entries.map(\.entryClass) == [.commit, .welcomeFailed])
            }
            // One whose next key is gone is paged: who paged them is told.
            try ada.own.vault.write {
                try $0.connection.run(
                    """
                    DELETE FROM key_packages WHERE rowid =
                        (SELECT min(rowid) FROM key_packages WHERE last_resort = 0)
                    """)
            }
            let second = try await ben.page(PageDraft(title: "Again", summary: "", severity: .high), policy: "night")
            try await ada.sync()
            let shown = try await siege.tocsin("room", "show", "\(second.room)", as: "ben")
            #expect(shown.status == 0 && shown.output.contains("NOT delivered to Ada Ohm: device \(ada.device.short)"))
            try await mira.sync()
            #expect(try !mira.rooms().contains { $0.id == second.room })
            try await siege.expectOthersWork(in: siege.openRoom(with: ["ben"]))
        }
    }

    @Test("[R3] Junk that adds people is refused, in rooms and pages; a lead's junk invitation harms no page after it")
    func junkAdds() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["mira"])
            let ben = try siege.device("ben").id
            let lie = try await header(in: room, siege, adds: [ben])
            #expect(try await refusal(of: lie, by: "mira", in: room, siege, welcome: ben) == .commitRefused)
            let page = try await siege.client("ada").page(
                PageDraft(title: "Disk full", summary: "fs01", severity: .high), policy: "night")
            // Mira is on its second step, and nobody has called her.
            let early = try await header(in: page.room, siege, adds: [try siege.device("probe").id])
            #expect(try await refusal(of: early, by: "mira", in: page.room, siege, welcome: ben) != nil)
            try await siege.client("ben").sync()
            #expect(try siege.client("ben").alarms().isEmpty)
            // A lead may invite; what the invitation holds only whom it is for can tell.
            #expect(try await refusal(of: lie, by: "ada", in: room, siege, welcome: ben) == nil)
            try await siege.client("ben").sync()
            #expect(try siege.client("ben").alarms().map(\.subject.cause) == [.welcomeUnusable])
            let second = try await siege.openRoom(with: ["ben", "mira"])
            await siege.expectOthersWork(in: second)
        }
    }
}
