import Terms
import Testing

@testable import Client

/// [R6] Only a lead adds people to an incident room or changes its policy.
@Suite struct LeadRightsRuleTests {
    private static let refusal = "only a lead adds people or changes the policy [R6]"

    struct Row: Sendable {
        let what: String
        var after: @Sendable () throws -> RoomPolicy = { try .sample() }
        var adds: [String] = []
        var removes: [String] = []
        /// Whether somebody who does not lead may do it.
        let isAllowed: Bool
    }

    static let rows = [
        Row(what: "nothing", isAllowed: true),
        Row(what: "the pin", after: { try .sample(pin: .init(version: 3, digest: [3])) }, isAllowed: true),
        // Who may be removed is for another rule to say.
        Row(what: "a removal", removes: ["bo"], isAllowed: true),
        Row(
            what: "a lead is removed, and so leads no more", after: { try .sample(leads: []) }, removes: ["ada"],
            isAllowed: true),
        Row(what: "a lead is removed, and goes on leading", removes: ["ada"], isAllowed: false),
        Row(
            what: "a lead is removed, and another takes the place", after: { try .sample(leads: ["bo"]) },
            removes: ["ada"], isAllowed: false),
        Row(what: "somebody is added", adds: ["bo"], isAllowed: false),
        Row(what: "somebody is added, and somebody goes", adds: ["bo"], removes: ["mara"], isAllowed: false),
        Row(what: "the author makes itself a lead", after: { try .sample(leads: ["ada", "bo"]) }, isAllowed: false),
        Row(what: "the lead is replaced", after: { try .sample(leads: ["bo"]) }, isAllowed: false),
        Row(what: "the ceiling is lifted", after: { try .sample(tlpCeiling: .clear) }, isAllowed: false),
        Row(what: "retention", after: { try .sample(retention: 0) }, isAllowed: false),
        Row(what: "exercise", after: { try .sample(exercise: true) }, isAllowed: false),
        Row(
            what: "the pin, and retention under its cover",
            after: { try .sample(retention: 0, pin: .init(version: 3, digest: [3])) }, isAllowed: false),
    ]

    private func said(
        _ row: Row, isByLead: Bool, on occasion: RoomJudge.Occasion = .log
    ) throws -> String? {
        let change = try RuleTeam().change(
            by: "bo", from: .sample(), to: row.after(), adds: row.adds, removes: row.removes)
        return try verdict { try LeadRightsRule.check(change, isByLead: isByLead, on: occasion) }
    }

    @Test("[R6] By somebody who does not lead", arguments: rows) func others(_ row: Row) throws {
        #expect(try said(row, isByLead: false) == (row.isAllowed ? nil : Self.refusal), "\(row.what)")
        #expect(try said(row, isByLead: false, on: .joining) == (row.isAllowed ? nil : Self.refusal), "\(row.what)")
    }

    @Test("[R6] By a lead, or by the maker of a new room", arguments: rows) func leads(_ row: Row) throws {
        #expect(try said(row, isByLead: true) == nil, "\(row.what)")
        #expect(try said(row, isByLead: false, on: .creating) == nil, "\(row.what)")
    }

    @Test("[R6] A page room is not judged here") func page() throws {
        let change = try RuleTeam().change(from: .sample(kind: .page), adds: ["bo"])
        #expect(try verdict { try LeadRightsRule.check(change, isByLead: false, on: .log) } == nil)
    }
}
