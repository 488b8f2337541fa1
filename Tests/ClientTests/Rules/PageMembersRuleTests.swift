import Terms
import Testing

@testable import Client

/// [R6] Nobody is added to a page room, and of its policy only the pin moves.
@Suite struct PageMembersRuleTests {
    private static let refusal = "nobody is added to a page room, and its policy stays"

    struct Row: Sendable {
        let what: String
        var kind = RoomKind.page
        var after: @Sendable (RoomKind) throws -> RoomPolicy = { try .sample(kind: $0, leads: []) }
        var adds: [String] = []
        var removes: [String] = []
        var occasion = RoomJudge.Occasion.log
        let isAllowed: Bool
    }

    static let rows = [
        Row(what: "nothing", isAllowed: true),
        Row(
            what: "the pin", after: { try .sample(kind: $0, leads: [], pin: .init(version: 3, digest: [3])) },
            isAllowed: true),
        // Who may be removed is for another rule to say.
        Row(what: "a removal", removes: ["bo"], isAllowed: true),
        Row(what: "one is added", adds: ["bo"], isAllowed: false),
        Row(what: "one is added, and one goes", adds: ["bo"], removes: ["mara"], isAllowed: false),
        Row(what: "leads", after: { try .sample(kind: $0, leads: ["ada"]) }, isAllowed: false),
        Row(what: "ceiling", after: { try .sample(kind: $0, leads: [], tlpCeiling: .clear) }, isAllowed: false),
        Row(what: "retention", after: { try .sample(kind: $0, leads: [], retention: 0) }, isAllowed: false),
        Row(what: "exercise", after: { try .sample(kind: $0, leads: [], exercise: true) }, isAllowed: false),
        Row(
            what: "the pin and retention",
            after: { try .sample(kind: $0, leads: [], retention: 0, pin: .init(version: 3, digest: [3])) },
            isAllowed: false),
        Row(
            what: "all are added by the commit that makes it", adds: ["bo", "mara"], occasion: .creating,
            isAllowed: true),
        Row(what: "an incident room is not judged here", kind: .incident, adds: ["bo"], isAllowed: true),
    ]

    @Test("[R6]", arguments: rows) func rule(_ row: Row) throws {
        let change = try RuleTeam().change(
            from: .sample(kind: row.kind, leads: []), to: row.after(row.kind), adds: row.adds, removes: row.removes)
        #expect(
            try verdict { try PageMembersRule.check(change, on: row.occasion) } == (row.isAllowed ? nil : Self.refusal),
            "\(row.what)")
    }
}
