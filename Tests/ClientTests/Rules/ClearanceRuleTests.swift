import CallList
import MLS
import Terms
import Testing

@testable import Client

/// [R6] Whoever is let into an incident room is a person, cleared for the most that may be said there.
@Suite struct ClearanceRuleTests {
    private let team: RuleTeam
    init() throws { team = try RuleTeam() }

    @Test("[R6] Each clearance against each ceiling", arguments: TLP.allCases, TLP.allCases)
    func levels(_ clearance: TLP, _ ceiling: TLP) throws {
        let known = try team.list { $0.clearance = ["bo": clearance] }
        let said = try verdict {
            try ClearanceRule.check(team.leaf("bo"), for: .sample(tlpCeiling: ceiling), under: known)
        }
        #expect(said == (clearance >= ceiling ? nil : "Bo Example has no clearance for TLP:\(ceiling.rawValue)"))
    }

    struct Row: Sendable {
        let what: String
        let leaf: @Sendable (RuleTeam) throws -> LeafNode
        var reader = "ada"
        let says: String?
    }

    static let rows = [
        Row(what: "a person", leaf: { try $0.leaf("ada") }, says: nil),
        Row(
            what: "a sensor, even where all may be told", leaf: { try $0.leaf("siem") },
            says: "device <siem> belongs to nobody on call list 1"),
        Row(
            what: "a stranger", leaf: { try $0.leaf("eve") }, says: "device <eve> belongs to nobody on call list 1"),
        Row(
            what: "a person whom this device cannot know", leaf: { try $0.leaf("ada") }, reader: "siem",
            says: "device <ada> belongs to nobody on call list 1"),
        Row(
            what: "no device", leaf: { try $0.leaf(.basic(identity: [1])) },
            says: "a leaf's identity is no device"),
        Row(what: "no identity", leaf: { try $0.leaf(.x509(chain: [[1]])) }, says: "a leaf's identity is no device"),
    ]

    @Test("[R6]", arguments: rows) func persons(_ row: Row) throws {
        let known = try team.list(readBy: row.reader)
        let said = try verdict {
            try ClearanceRule.check(row.leaf(team), for: .sample(tlpCeiling: .clear), under: known)
        }
        #expect(said == team.spelled(row.says), "\(row.what)")
    }

    @Test("[R6] Of a commit, all who are added are judged under the ceiling that it sets, and nobody else")
    func change() throws {
        let known = try team.list { $0.clearance = ["bo": .green, "mara": .green] }
        func said(_ adds: [String], _ kind: RoomKind = .incident, from: TLP = .red, to: TLP = .red) throws -> String? {
            let change = try team.change(
                by: "mara", from: .sample(kind: kind, tlpCeiling: from), to: .sample(kind: kind, tlpCeiling: to),
                adds: adds)
            return try verdict { try ClearanceRule.check(change, under: known) }
        }
        #expect(try said([]) == nil)
        #expect(try said(["lena"]) == nil)
        #expect(try said(["lena", "bo"]) == "Bo Example has no clearance for TLP:RED")
        #expect(try said(["bo"], from: .red, to: .green) == nil)
        #expect(try said(["bo"], from: .green, to: .red) == "Bo Example has no clearance for TLP:RED")
        // Whom a page calls was settled when it was made.
        #expect(try said(["bo", "siem"], .page) == nil)
    }
}
