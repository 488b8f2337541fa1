import Testing

@testable import Client

/// [R1] The pin only moves forward.
@Suite struct PinForwardRuleTests {
    struct Row: Sendable {
        let what: String
        let version: UInt64
        let digest: UInt8
        let isAllowed: Bool
    }

    /// From version 5 with digest 5.
    static let rows = [
        Row(what: "stays", version: 5, digest: 5, isAllowed: true),
        Row(what: "one on", version: 6, digest: 6, isAllowed: true),
        Row(what: "several on", version: 90, digest: 6, isAllowed: true),
        Row(what: "one on, of the same digest", version: 6, digest: 5, isAllowed: true),
        Row(what: "the last that can be", version: .max, digest: 6, isAllowed: true),
        Row(what: "one back", version: 4, digest: 4, isAllowed: false),
        Row(what: "one back, of the same digest", version: 4, digest: 5, isAllowed: false),
        Row(what: "to none", version: 0, digest: 0, isAllowed: false),
        Row(what: "to a fork of the same version", version: 5, digest: 6, isAllowed: false),
    ]

    @Test("[R1]", arguments: rows) func rule(_ row: Row) throws {
        func policy(_ version: UInt64, _ digest: UInt8) throws -> RoomPolicy {
            try .sample(pin: .init(version: version, digest: [UInt8](repeating: digest, count: 32)))
        }
        let change = try RuleTeam().change(from: policy(5, 5), to: policy(row.version, row.digest))
        #expect(
            try verdict { try PinForwardRule.check(change) }
                == (row.isAllowed ? nil : "a commit moves the room back to an older call list"), "\(row.what)")
    }
}
