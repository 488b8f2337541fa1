import CallList
import Foundation
import MLS
import Terms
import Testing

@testable import Client

/// [R1] A leaf is of a device that the pinned list has, with its key, and in time.
@Suite struct ListedDeviceRuleTests {
    private let team: RuleTeam
    private let list: CallList

    /// Bo's membership ends in an hour; ada's device lasts.
    init() throws {
        team = try RuleTeam()
        list = try team.list { $0.expires = ["bo": RuleTeam.now + 3600] }.list
    }

    struct Row: Sendable {
        let what: String
        let leaf: @Sendable (RuleTeam) throws -> LeafNode
        /// Seconds after the list was issued.
        var at: TimeInterval = 0
        let says: String?
    }

    static let rows = [
        Row(what: "listed and lasting", leaf: { try $0.leaf("ada") }, says: nil),
        Row(what: "a sensor is listed as well", leaf: { try $0.leaf("siem") }, says: nil),
        Row(what: "a moment before it expires", leaf: { try $0.leaf("bo") }, at: 3599, says: nil),
        Row(what: "when it expires", leaf: { try $0.leaf("bo") }, at: 3600, says: "device <bo> has expired"),
        Row(what: "long expired", leaf: { try $0.leaf("bo") }, at: 1e9, says: "device <bo> has expired"),
        Row(what: "never listed", leaf: { try $0.leaf("eve") }, says: "a member's device is not on call list 1"),
        Row(
            what: "a listed id, another listed device's key", leaf: { try $0.leaf("ada", signedBy: "mara") },
            says: "device <ada> uses a key that is not on call list 1"),
        Row(
            what: "a listed id, a key of nobody", leaf: { try $0.leaf("ada", signedBy: "eve") },
            says: "device <ada> uses a key that is not on call list 1"),
        Row(
            what: "a listed key, an id of nobody", leaf: { try $0.leaf("eve", signedBy: "ada") },
            says: "a member's device is not on call list 1"),
        Row(
            what: "an identity that is no device id", leaf: { try $0.leaf(.basic(identity: [1, 2, 3])) },
            says: "a member's device is not on call list 1"),
        Row(
            what: "a device id with a byte more",
            leaf: { team in try team.leaf(.basic(identity: team.device("ada").id.bytes + [0])) },
            says: "a member's device is not on call list 1"),
        Row(
            what: "no identity at all", leaf: { try $0.leaf(.x509(chain: [[1]])) },
            says: "a member's device is not on call list 1"),
    ]

    @Test("[R1]", arguments: rows) func rule(_ row: Row) throws {
        let said = try verdict {
            try ListedDeviceRule.check(row.leaf(team), under: list, at: RuleTeam.now + row.at)
        }
        #expect(said == team.spelled(row.says), "\(row.what)")
    }

    @Test("[R1] Who the next list leaves out is judged by the list that is asked, not by the newest")
    func revoked() throws {
        let first = try team.list()
        let next = try team.list(after: first) { $0.persons.removeAll { $0 == "bo" } }
        let bo = try team.leaf("bo")
        #expect(try verdict { try ListedDeviceRule.check(bo, under: first.list, at: RuleTeam.now) } == nil)
        #expect(
            try verdict { try ListedDeviceRule.check(bo, under: next.list, at: RuleTeam.now) }
                == "a member's device is not on call list 2")
    }

    @Test("The device is given back as the list has it") func device() throws {
        let siem = try ListedDeviceRule.check(team.leaf("siem"), under: list, at: RuleTeam.now)
        #expect(try siem == list.device(team.device("siem").id) && siem.kind == .sensor)
    }
}
