import CallList
import Terms
import Testing

@testable import Client

/// [R6] Somebody leads an incident room, and whoever leads has a role that allows it.
@Suite struct LeadersRuleTests {
    private let team: RuleTeam
    init() throws { team = try RuleTeam() }

    struct Row: Sendable {
        let leads: [String]
        let says: String?
    }

    static let rows = [
        Row(leads: ["ada"], says: nil),
        Row(leads: ["mara", "bo"], says: nil),
        // Somebody who is not on the list any more does no harm beside somebody who is.
        Row(leads: ["eve", "ada"], says: nil),
        Row(leads: [], says: "nobody on call list 1 leads the room [R6]"),
        Row(leads: ["eve"], says: "nobody on call list 1 leads the room [R6]"),
        Row(leads: ["siem"], says: "nobody on call list 1 leads the room [R6]"),
        Row(leads: ["lena"], says: "Lena Example leads the room, and no role of theirs allows it [R6]"),
        Row(leads: ["ada", "lena"], says: "Lena Example leads the room, and no role of theirs allows it [R6]"),
    ]

    @Test("[R6]", arguments: rows) func whole(_ row: Row) throws {
        let known = try team.list()
        let devices = Set(try ["ada", "bo", "mara", "lena", "eve", "siem"].map { try team.device($0).id })
        #expect(
            try verdict { try LeadersRule.check(.sample(leads: row.leads), in: devices, under: known) } == row.says,
            "\(row)")
    }

    @Test("[R6] Each role leads or does not", arguments: Role.allCases) func roles(_ role: Role) throws {
        let known = try team.list { $0.roles["bo"] = role.rawValue }
        let devices: Set = [try team.device("bo").id]
        let refused = try verdict { try LeadersRule.check(.sample(leads: ["bo"]), in: devices, under: known) } != nil
        #expect(refused == [.legal, .hr, .communications, .executive].contains(role))
    }

    @Test("[R6] A device that may not read who people are takes no lead on trust") func unread() throws {
        let known = try team.list(readBy: "siem")
        #expect(
            try verdict { try LeadersRule.check(.sample(), in: [team.device("ada").id], under: known) }
                == "call list 1 names nobody to this device")
    }

    @Test("[R6] Who leads is in the room, and is named once") func elsewhere() throws {
        let known = try team.list()
        let ada = try team.device("ada").id
        func said(_ leads: [String], in devices: Set<DeviceID>) throws -> String? {
            try verdict { try LeadersRule.check(.sample(leads: leads), in: devices, under: known) }
        }
        #expect(try said(["ada"], in: [ada]) == nil)
        for (leads, devices) in [(["ada"], []), (["ada", "bo"], [ada]), (["ada", "ada"], [ada])] as [([String], Set)] {
            #expect(try said(leads, in: devices) == "a device leads the room that is not in it [R6]")
        }
    }

    struct ChangeRow: Sendable {
        let what: String
        let before: [String]
        let after: [String]
        var adds: [String] = []
        var removes: [String] = []
        var present = ["ada", "bo", "lena", "eve"]
        var kind = RoomKind.incident
        var occasion = RoomJudge.Occasion.log
        let isAllowed: Bool
    }

    static let changes = [
        ChangeRow(what: "to somebody capable", before: ["ada"], after: ["bo"], isAllowed: true),
        ChangeRow(what: "to nobody", before: ["ada"], after: [], isAllowed: false),
        ChangeRow(what: "to somebody who may not", before: ["ada"], after: ["lena"], isAllowed: false),
        ChangeRow(what: "somebody who may not joins in", before: ["ada"], after: ["ada", "lena"], isAllowed: false),
        ChangeRow(
            what: "to somebody who comes in with it", before: ["ada"], after: ["bo"], adds: ["bo"], isAllowed: true),
        ChangeRow(
            what: "to somebody who is not there", before: ["ada"], after: ["bo"], present: ["ada"], isAllowed: false),
        ChangeRow(
            what: "to somebody who goes with it", before: ["ada"], after: ["ada", "bo"], removes: ["bo"],
            isAllowed: false),
        // Who removes the last lead, whose time is over, need not lead.
        ChangeRow(what: "the last one is removed", before: ["ada"], after: [], removes: ["ada"], isAllowed: true),
        // A list that took a lead's role away makes no commit invalid that leaves the leads alone.
        ChangeRow(what: "kept, though it could not be given", before: ["lena"], after: ["lena"], isAllowed: true),
        ChangeRow(what: "kept, though nobody is left", before: ["eve"], after: ["eve"], isAllowed: true),
        ChangeRow(
            what: "a new room of somebody capable", before: ["ada"], after: ["ada"], occasion: .creating,
            isAllowed: true),
        ChangeRow(what: "a new room of nobody", before: [], after: [], occasion: .creating, isAllowed: false),
        ChangeRow(
            what: "a new room of legal", before: ["lena"], after: ["lena"], occasion: .creating, isAllowed: false),
        ChangeRow(
            what: "a page room has no leads", before: [], after: [], kind: .page, occasion: .creating, isAllowed: true),
        ChangeRow(what: "a page room's are not judged here", before: [], after: ["lena"], kind: .page, isAllowed: true),
    ]

    @Test("[R6]", arguments: changes) func change(_ row: ChangeRow) throws {
        let change = try team.change(
            from: .sample(kind: row.kind, leads: row.before), to: .sample(kind: row.kind, leads: row.after),
            adds: row.adds, removes: row.removes, present: row.present)
        let known = try team.list()
        let refused = try verdict { try LeadersRule.check(change, on: row.occasion, under: known) } != nil
        #expect(refused == !row.isAllowed, "\(row.what)")
    }
}
