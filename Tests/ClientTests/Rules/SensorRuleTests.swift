import CallList
import Testing

@testable import Client

/// [R5] A sensor commits once, when it makes its room.
@Suite struct SensorRuleTests {
    struct Row: Sendable {
        let who: String
        let occasion: RoomJudge.Occasion
        let isAllowed: Bool
    }

    static let rows = [
        Row(who: "siem", occasion: .creating, isAllowed: true),
        Row(who: "siem", occasion: .log, isAllowed: false),
        Row(who: "siem", occasion: .joining, isAllowed: false),
        Row(who: "ada", occasion: .creating, isAllowed: true),
        Row(who: "ada", occasion: .log, isAllowed: true),
        Row(who: "ada", occasion: .joining, isAllowed: true),
    ]

    @Test("[R5]", arguments: rows) func rule(_ row: Row) throws {
        let team = try RuleTeam()
        let device = try required(team.list().list.device(team.device(row.who).id))
        #expect(
            try verdict { try SensorRule.check(device, on: row.occasion) }
                == (row.isAllowed ? nil : "a sensor never commits [R5]"), "\(row)")
    }
}
