import MLS
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
}
