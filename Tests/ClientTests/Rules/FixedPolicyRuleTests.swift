import Terms
import Testing

@testable import Client

/// [R1] What never changes in a room's policy, whoever commits.
@Suite struct FixedPolicyRuleTests {
    private static let refusal = "a commit changes what never changes in a room's policy"

    struct Row: Sendable {
        let what: String
        let after: @Sendable () throws -> RoomPolicy
        let isAllowed: Bool
    }

    static let rows = [
        Row(what: "nothing", after: { try .sample() }, isAllowed: true),
        Row(what: "kind", after: { try .sample(kind: .page) }, isAllowed: false),
        Row(what: "incident", after: { try .sample(incident: [2]) }, isAllowed: false),
        Row(what: "incident, to none", after: { try .sample(incident: []) }, isAllowed: false),
        Row(what: "compartment", after: { try .sample(compartment: "legal") }, isAllowed: false),
        Row(what: "home relay", after: { try .sample(homeRelay: "r2") }, isAllowed: false),
        // Whether these may change is for other rules to say.
        Row(what: "leads", after: { try .sample(leads: ["bo"]) }, isAllowed: true),
        Row(what: "TLP ceiling", after: { try .sample(tlpCeiling: .green) }, isAllowed: true),
        Row(what: "retention", after: { try .sample(retention: 1) }, isAllowed: true),
        Row(what: "pin", after: { try .sample(pin: .init(version: 9, digest: [])) }, isAllowed: true),
    ]

    @Test("[R1]", arguments: rows) func rule(_ row: Row) throws {
        let change = try RuleTeam().change(from: .sample(), to: row.after())
        #expect(
            try verdict { try FixedPolicyRule.check(change) } == (row.isAllowed ? nil : Self.refusal), "\(row.what)")
    }
}
