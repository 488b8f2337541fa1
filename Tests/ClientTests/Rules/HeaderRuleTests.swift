import CallList
import MLS
import RelayAPI
import Terms
import Testing
import WireFormat

@testable import Client

/// [R3] The clear header is the one that was signed, and says just what the commit does.
@Suite struct HeaderRuleTests {
    private static let unsigned = "a commit's header is not the one that was signed [R3]"
    private static let other = "a commit does something else than its header says [R3]"

    /// A header as names and numbers.
    struct Said: Sendable {
        var baseSeq: UInt64 = 7
        var parent: UInt64 = 5
        var at: UInt64 = 1
        var chain: UInt8 = 1
        var adds = ["bo", "mara"]
        var removes = ["lena"]
        var leads: [String]?
        var version: UInt64 = 2
        var digest: UInt8 = 2

        func header(_ team: RuleTeam) throws -> CommitHeader {
            CommitHeader(
                baseSeq: baseSeq, parent: parent, chain: [UInt8](repeating: chain, count: LogChain.length),
                at: Timestamp(milliseconds: at), adds: try adds.map { try team.device($0).id },
                removes: try removes.map { try team.device($0).id }, leads: try leads?.map { try team.device($0).id },
                callListVersion: version, callListDigest: [UInt8](repeating: digest, count: 32))
        }
    }

    struct Row: Sendable {
        let what: String
        let said: Said
        /// Who leads before and after.
        var before = ["ada"]
        var after = ["ada"]
        let isAllowed: Bool
    }

    /// What the commit does: adds bo and mara, removes lena, pins call list 2.
    static let rows = [
        Row(what: "just that", said: Said(), isAllowed: true),
        Row(what: "in another order", said: Said(adds: ["mara", "bo"]), isAllowed: true),
        Row(what: "one added in secret", said: Said(adds: ["bo"]), isAllowed: false),
        Row(what: "all added in secret", said: Said(adds: []), isAllowed: false),
        Row(what: "one more added than is", said: Said(adds: ["bo", "mara", "eve"]), isAllowed: false),
        Row(what: "another added than is", said: Said(adds: ["bo", "eve"]), isAllowed: false),
        Row(what: "one removed in secret", said: Said(removes: []), isAllowed: false),
        Row(what: "one more removed than is", said: Said(removes: ["lena", "ada"]), isAllowed: false),
        Row(what: "another removed than is", said: Said(removes: ["ada"]), isAllowed: false),
        Row(
            what: "added and removed the wrong way round", said: Said(adds: ["lena"], removes: ["bo", "mara"]),
            isAllowed: false),
        Row(what: "a later list", said: Said(version: 3), isAllowed: false),
        Row(what: "an earlier list", said: Said(version: 1), isAllowed: false),
        Row(what: "another list of that version", said: Said(digest: 3), isAllowed: false),
        Row(what: "another epoch", said: Said(parent: 6), isAllowed: false),
        Row(what: "of a room that is made", said: Said(parent: 0), isAllowed: false),
        Row(what: "leads that do not change", said: Said(leads: ["ada"]), isAllowed: false),
        Row(what: "leads that change in secret", said: Said(), after: ["ada", "bo"], isAllowed: false),
        Row(what: "leads that change", said: Said(leads: ["ada", "bo"]), after: ["ada", "bo"], isAllowed: true),
        Row(what: "other leads than those", said: Said(leads: ["bo"]), after: ["ada", "bo"], isAllowed: false),
        Row(what: "a lead who is removed", said: Said(), before: ["ada", "lena"], after: ["ada"], isAllowed: true),
        Row(
            what: "a lead who is removed and goes on leading", said: Said(), before: ["ada", "lena"],
            after: ["ada", "lena"], isAllowed: false),
        // What its author saw is compared with the reader's own log, elsewhere.
        Row(what: "another place in the log", said: Said(baseSeq: 8, chain: 2), isAllowed: true),
    ]

    @Test("[R3] The header against what the commit does", arguments: rows) func deeds(_ row: Row) throws {
        let team = try RuleTeam()
        let change = try team.change(
            from: .sample(leads: row.before), to: .sample(leads: row.after), adds: ["bo", "mara"], removes: ["lena"])
        let header = try row.said.header(team)
        #expect(
            try verdict { try HeaderRule.check(header, signed: header.encoded, for: change, parent: 5) }
                == (row.isAllowed ? nil : Self.other), "\(row.what)")
    }

    @Test("[R3] The header of the entry against the one that is signed with the commit")
    func signature() throws {
        let team = try RuleTeam()
        let change = try team.change(from: .sample(), adds: ["bo", "mara"], removes: ["lena"])
        let header = try Said().header(team)
        let others = try [
            Said(baseSeq: 8), Said(parent: 6), Said(at: 2), Said(leads: ["ada"]), Said(chain: 2), Said(adds: ["bo"]),
            Said(adds: ["mara", "bo"]), Said(removes: []),
            Said(version: 3), Said(digest: 3),
        ].map { try $0.header(team).encoded }
        for signed in others + [[], header.encoded + [0], Array(header.encoded.dropLast())] {
            #expect(
                try verdict { try HeaderRule.check(header, signed: signed, for: change, parent: 5) } == Self.unsigned)
        }
    }

    @Test("[R3] A commit that adds what is no device has no header that fits") func noDevice() throws {
        let team = try RuleTeam()
        let policy = try RoomPolicy.sample()
        let header = try Said(adds: [], removes: []).header(team)
        let leaf = try team.leaf(.basic(identity: [1]))
        for (added, removed) in [([leaf], []), ([], [leaf])] {
            let change = RoomChange(
                before: policy, after: policy, present: [], committer: try team.leaf("ada"), added: added,
                removed: removed)
            #expect(
                try verdict { try HeaderRule.check(header, signed: header.encoded, for: change, parent: 5) }
                    == "a leaf's identity is no device")
        }
    }
}
