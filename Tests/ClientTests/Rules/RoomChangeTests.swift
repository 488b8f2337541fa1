import MLS
import RelayAPI
import Terms
import Testing

@testable import Client

/// [R6] Who counts as a lead when a commit is judged: a device that led before it.
@Suite struct RoomChangeTests {
    struct Row: Sendable {
        let what: String
        var kind = RoomKind.incident
        let author: String
        let before: [String]
        let after: [String]
        let isByLead: Bool
    }

    static let rows = [
        Row(what: "a lead", author: "ada", before: ["ada"], after: ["ada"], isByLead: true),
        Row(what: "one of two", author: "bo", before: ["ada", "bo"], after: ["ada", "bo"], isByLead: true),
        Row(what: "a lead who hands it on", author: "ada", before: ["ada"], after: ["bo"], isByLead: true),
        Row(what: "somebody else", author: "bo", before: ["ada"], after: ["ada"], isByLead: false),
        Row(what: "a lead by this very commit", author: "bo", before: ["ada"], after: ["bo"], isByLead: false),
        Row(what: "nobody leads", author: "ada", before: [], after: [], isByLead: false),
        Row(what: "a page room", kind: .page, author: "ada", before: ["ada"], after: ["ada"], isByLead: false),
    ]

    @Test("[R6]", arguments: rows) func leads(_ row: Row) throws {
        let team = try RuleTeam()
        let change = try team.change(
            by: row.author, from: .sample(kind: row.kind, leads: row.before),
            to: .sample(kind: row.kind, leads: row.after))
        #expect(try change.isByLead() == row.isByLead, "\(row.what)")
    }

    @Test("[R6] What is no device leads nothing") func noDevice() throws {
        let team = try RuleTeam()
        let policy = try RoomPolicy.sample()
        let change = RoomChange(
            before: policy, after: policy, present: [], committer: try team.leaf(.basic(identity: [1])), added: [],
            removed: [])
        #expect(try verdict { _ = try change.isByLead() } == "a leaf's identity is no device")
    }

    struct Return: Sendable {
        let what: String
        var kind = RoomKind.incident
        var leads = ["ada"]
        var after = ["ada"]
        var adds = ["ada"]
        var removes = ["ada"]
        var faulters: [String]? = ["ada"]
        let isAllowed: Bool
    }

    static let returns = [
        Return(what: "a lead that faulted a commit", isAllowed: true),
        Return(what: "who came later leaves it to those who were there", faulters: nil, isAllowed: true),
        Return(what: "a lead that said nothing", faulters: ["mara"], isAllowed: false),
        Return(
            what: "somebody who does not lead", adds: ["mara"], removes: ["mara"], faulters: ["mara"], isAllowed: false),
        Return(what: "somebody else in its place", adds: ["mara"], isAllowed: false),
        Return(what: "and somebody more", adds: ["ada", "mara"], isAllowed: false),
        Return(what: "and somebody goes", removes: ["ada", "mara"], isAllowed: false),
        Return(what: "and leads no more", after: [], isAllowed: false),
        Return(what: "and another leads, too", after: ["ada", "bo"], isAllowed: false),
        Return(what: "in a page", kind: .page, isAllowed: false),
    ]

    @Test(
        "[R8] A leading device gets its place back from anybody, in a commit that does nothing else", arguments: returns
    )
    func given(_ row: Return) throws {
        let team = try RuleTeam()
        let change = try team.change(
            by: "bo", from: .sample(kind: row.kind, leads: row.leads), to: .sample(kind: row.kind, leads: row.after),
            adds: row.adds, removes: row.removes)
        let epoch = RoomJudge.RoomEpoch(
            commit: 1, members: [], faulters: try row.faulters.map { Set(try $0.map { try RuleTeam.id($0) }) })
        let header = CommitHeader(
            baseSeq: 0, parent: 1, chain: [UInt8](repeating: 0, count: LogChain.length), at: Timestamp(RuleTeam.now),
            adds: [], removes: [], leads: nil, callListVersion: 0, callListDigest: [UInt8](repeating: 0, count: 32))
        #expect(
            try RoomJudge.Occasion.following(header, in: epoch).allowsReturn(by: change) == row.isAllowed, "\(row.what)"
        )
    }
}
