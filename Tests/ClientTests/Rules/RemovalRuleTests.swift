import CallList
import Foundation
import MLS
import Terms
import Testing

@testable import Client

/// [R6] Anybody may remove whom the call list revoked or let expire; only a lead removes others.
@Suite struct RemovalRuleTests {
    private static let refusal = "only a lead removes somebody who is on the call list [R6]"
    private let team: RuleTeam
    /// Without mara, and bo's membership ends in an hour.
    private let list: CallList

    init() throws {
        team = try RuleTeam()
        list = try team.list {
            $0.persons.removeAll { $0 == "mara" }
            $0.expires = ["bo": RuleTeam.now + 3600]
        }.list
    }

    struct Row: Sendable {
        let what: String
        let removed: @Sendable (RuleTeam) throws -> [LeafNode]
        /// Seconds after the list was issued.
        var at: TimeInterval = 0
        /// Whether somebody who does not lead may do it.
        let isAllowed: Bool
    }

    static let rows = [
        Row(what: "nobody", removed: { _ in [] }, isAllowed: true),
        Row(what: "somebody revoked", removed: { [try $0.leaf("mara")] }, isAllowed: true),
        Row(what: "somebody expired", removed: { [try $0.leaf("bo")] }, at: 3600, isAllowed: true),
        Row(what: "somebody before they expire", removed: { [try $0.leaf("bo")] }, at: 3599, isAllowed: false),
        Row(
            what: "a device whose key is not the list's", removed: { [try $0.leaf("lena", signedBy: "eve")] },
            isAllowed: true),
        Row(what: "what is no device", removed: { [try $0.leaf(.basic(identity: []))] }, isAllowed: true),
        Row(what: "somebody listed", removed: { [try $0.leaf("lena")] }, isAllowed: false),
        Row(what: "a sensor that is listed", removed: { [try $0.leaf("siem")] }, isAllowed: false),
        Row(
            what: "somebody listed beside somebody revoked",
            removed: { [try $0.leaf("mara"), try $0.leaf("lena")] }, isAllowed: false),
    ]

    private func said(
        _ row: Row, isByLead: Bool, kind: RoomKind = .incident, on occasion: RoomJudge.Occasion = .log
    ) throws -> String? {
        let policy = try RoomPolicy.sample(kind: kind)
        let change = RoomChange(
            before: policy, after: policy, present: [], committer: try team.leaf("ada"), added: [],
            removed: try row.removed(team))
        return try verdict {
            try RemovalRule.check(change, isByLead: isByLead, on: occasion, under: list, at: RuleTeam.now + row.at)
        }
    }

    @Test("[R6] By somebody who does not lead, in a room of either kind", arguments: rows)
    func others(_ row: Row) throws {
        for kind in [RoomKind.incident, .page] {
            #expect(try said(row, isByLead: false, kind: kind) == (row.isAllowed ? nil : Self.refusal), "\(row.what)")
        }
    }

    @Test("[R6] By a lead, or by the maker of a new room", arguments: rows) func leads(_ row: Row) throws {
        #expect(try said(row, isByLead: true) == nil, "\(row.what)")
        #expect(try said(row, isByLead: false, on: .creating) == nil, "\(row.what)")
    }
}
