import MLS
import Testing

@testable import Client

/// [R1] A commit renews its author's encryption key, and nothing else of who they are.
@Suite struct SameAuthorRuleTests {
    struct Row: Sendable {
        let what: String
        let leaf: @Sendable (RuleTeam) throws -> LeafNode
        let isAllowed: Bool
    }

    static let rows = [
        Row(what: "a new encryption key", leaf: { try $0.leaf("ada") }, isAllowed: true),
        Row(what: "another listed device", leaf: { try $0.leaf("bo") }, isAllowed: false),
        Row(what: "another identity, the same key", leaf: { try $0.leaf("bo", signedBy: "ada") }, isAllowed: false),
        Row(what: "the same identity, another key", leaf: { try $0.leaf("ada", signedBy: "bo") }, isAllowed: false),
        Row(what: "another kind of credential", leaf: { try $0.leaf(.x509(chain: [[1]])) }, isAllowed: false),
    ]

    @Test("[R1]", arguments: rows) func rule(_ row: Row) throws {
        let team = try RuleTeam()
        let old = try team.leaf("ada")
        let new = try row.leaf(team)
        #expect(new.encryptionKey != old.encryptionKey)
        #expect(
            try verdict { try SameAuthorRule.check(new, replacing: old) }
                == (row.isAllowed ? nil : "a commit changes its author's identity"), "\(row.what)")
    }
}
