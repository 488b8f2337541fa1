import CallList
import MLS
import RelayAPI
import Terms
import Testing

@testable import Client

/// [R8] A room succeeds a broken one only among those who were in that.
@Suite struct SuccessionRuleTests {
    private let team: RuleTeam
    private let old = RoomID.random()

    init() throws { team = try RuleTeam() }

    struct Row: Sendable {
        let what: String
        /// In the new room, beside ada, who makes it.
        var members = ["bo", "mara"]
        /// In the old one, as the reader has it; nil where it has no place there.
        var before: [String]? = ["ada", "bo", "mara", "lena"]
        /// Whose room's id it has.
        var founder = "ada"
        var epoch: UInt64 = 7
        var transcript: UInt8 = 1
        let says: String?
    }

    private static let outsider = "it has somebody in it who was not in the room that it succeeds [R8]"

    static let rows = [
        Row(what: "of those who were there", says: nil),
        Row(what: "of all who were there", members: ["bo", "mara", "lena"], says: nil),
        Row(what: "the reader had read less, or more", epoch: 6, transcript: 9, says: nil),
        Row(
            what: "the reader was not there", before: nil,
            says: "it succeeds a room in which this device has no place [R8]"),
        Row(what: "its founder was not there", before: ["bo", "mara"], says: outsider),
        Row(what: "somebody comes along", members: ["bo", "eve"], says: outsider),
        Row(what: "another's id", founder: "bo", says: "its id is not that of a room which succeeds another [R8]"),
        Row(
            what: "another past", transcript: 2,
            says: "it succeeds another past of the room than this device has [R8]"),
    ]

    @Test("[R8]", arguments: rows) func checks(_ row: Row) throws {
        let succession = Succession(room: old, epoch: 7, transcript: [UInt8](repeating: 1, count: 32))
        let id = try required(succession.id(founder: team.device(row.founder).id))
        let policy = try RoomPolicy.sample().succeeding(succession)
        let group = try RuleRoom(team, policy: policy, members: row.members, id: id).group("bo")
        let predecessor = try row.before.map { names in
            SuccessionRule.Predecessor(
                devices: Set(try names.map { try team.device($0).id }), epoch: row.epoch,
                transcript: [UInt8](repeating: row.transcript, count: 32))
        }
        #expect(try verdict { try SuccessionRule.check(group, policy, after: predecessor) } == row.says, "\(row.what)")
    }

    @Test("[R8] A room in nobody's place is not judged here") func none() throws {
        let policy = try RoomPolicy.sample()
        let group = try RuleRoom(team, policy: policy, members: ["bo"]).group("bo")
        #expect(try verdict { try SuccessionRule.check(group, policy, after: nil) } == nil)
    }

    @Test("[R8] An id is one room's, one epoch's, one transcript's and one founder's") func ids() throws {
        func id(_ room: RoomID, _ epoch: UInt64, _ transcript: UInt8, _ founder: String) throws -> RoomID? {
            Succession(room: room, epoch: epoch, transcript: [UInt8](repeating: transcript, count: 32)).id(
                founder: try team.device(founder).id)
        }
        let ids = try [
            id(old, 1, 1, "ada"), id(.random(), 1, 1, "ada"), id(old, 2, 1, "ada"), id(old, 1, 2, "ada"),
            id(old, 1, 1, "bo"),
        ]
        #expect(Set(ids).count == ids.count)
        #expect(try id(old, 1, 1, "ada") == ids[0])
    }
}

extension RoomPolicy {
    fileprivate func succeeding(_ succession: Succession) -> RoomPolicy {
        RoomPolicy(
            kind: kind, incident: incident, compartment: compartment, homeRelay: homeRelay, leads: leads,
            takers: takers, tlpCeiling: tlpCeiling, retention: retention, exercise: exercise, pin: pin,
            succeeds: succession)
    }
}
