import CallList
import Foundation
import RelayAPI
import Terms
import Testing

@testable import Client

/// [R6] Somebody takes the lead only where no lead is left, displaces nobody, and removes somebody listed only with a second one.
@Suite struct TakeoverRuleTests {
    private static let hours = LeadStatement.silence
    private static let entry = Timestamp(RuleTeam.now).adding(seconds: 86_400)
    private let team: RuleTeam
    private let room = RoomID.random()

    init() throws { team = try RuleTeam() }

    /// What somebody says; by whose device.
    struct Word: Sendable {
        var by: String
        var signedBy: String?
        var remove: [String]?
        /// Milliseconds before the entry.
        var age: UInt64 = 0
        var elsewhere = false
    }

    struct Row: Sendable {
        let what: String
        var kind = RoomKind.incident
        var author = "mara"
        var leads = ["ada"]
        var takers: [String] = []
        var leadsAfter: [String]?
        var takersAfter: [String]?
        var present = ["ada", "bo", "mara", "lena", "eve"]
        /// Milliseconds before the entry when leads last wrote.
        var wrote: [String: UInt64] = [:]
        var words: [Word] = []
        var occasion: RoomJudge.Occasion?
        let says: String?
    }

    private static let there = "somebody takes the lead, and a lead wrote in the last 12 hours [R6]"
    private static let fewer =
        "somebody takes the lead, and fewer than two who may lead say that no lead is left [R6]"
    private static let two = [Word(by: "bo"), Word(by: "mara")]

    static let rows = [
        Row(what: "nothing of the kind", takersAfter: [], says: nil),
        Row(what: "no lead is listed", leads: ["siem"], says: nil),
        Row(what: "nobody leads at all", leads: [], says: nil),
        Row(
            what: "a taker is there, and is no lead", leads: [], takers: ["bo"], takersAfter: ["bo", "mara"], says: nil),
        Row(what: "the lead's time is over", leads: ["lena"], says: nil),
        Row(what: "nobody says so", says: fewer),
        Row(what: "two say so, one of them the author", words: two, says: nil),
        Row(what: "two others say so", author: "bo", words: [Word(by: "mara"), Word(by: "eve")], says: nil),
        Row(what: "the lead wrote", wrote: ["ada": hours - 1], words: two, says: there),
        Row(what: "the lead wrote twelve hours ago", wrote: ["ada": hours], words: two, says: nil),
        Row(what: "one of two leads wrote", leads: ["ada", "eve"], wrote: ["eve": 5], words: two, says: there),
        Row(what: "others wrote", wrote: ["bo": 5, "mara": 1], words: two, says: nil),
        Row(what: "one says so", words: [Word(by: "bo")], says: fewer),
        Row(what: "one says so twice", words: [Word(by: "bo"), Word(by: "bo")], says: fewer),
        // Eve's device is a second one of bo's where the list says so: see ``persons()``.
        Row(what: "the lead says so, too", words: [Word(by: "bo"), Word(by: "ada")], says: fewer),
        Row(what: "one of them may not lead", words: [Word(by: "bo"), Word(by: "lena")], says: fewer),
        Row(what: "one of them is not there", present: ["ada", "mara"], words: two, says: fewer),
        Row(what: "one is forged", words: [Word(by: "bo"), Word(by: "mara", signedBy: "bo")], says: fewer),
        Row(what: "one is old", words: [Word(by: "bo"), Word(by: "mara", age: hours)], says: fewer),
        Row(what: "one is of another room", words: [Word(by: "bo"), Word(by: "mara", elsewhere: true)], says: fewer),
        Row(what: "one says something else", words: [Word(by: "bo"), Word(by: "mara", remove: ["ada"])], says: fewer),
        Row(
            what: "by somebody who may not lead", author: "lena", leads: [],
            says: "somebody takes the lead, and no role of theirs allows it [R6]"),
        Row(what: "by the lead", author: "ada", words: two, says: "a lead takes the lead [R6]"),
        Row(
            what: "of others", leads: [], takersAfter: ["mara", "bo"],
            says: "a commit says of others that they took the lead [R6]"),
        Row(
            what: "in another's name", leads: [], takersAfter: ["bo"],
            says: "a commit says of others that they took the lead [R6]"),
        Row(
            what: "and another is none any more", leads: [], takers: ["bo"], takersAfter: ["mara"],
            says: "a commit says of others that they took the lead [R6]"),
        Row(
            what: "and says who leads", leads: [], leadsAfter: ["mara"], says: "only a lead says who leads [R6]"),
        Row(
            what: "who took it before says who leads", takers: ["mara"], leadsAfter: ["ada", "mara"],
            takersAfter: ["mara"], says: "only a lead says who leads [R6]"),
        Row(
            what: "of a page", kind: .page, leads: [],
            says: "nobody takes the lead of a page, or of a room that is made [R6]"),
        Row(
            what: "of a room that is made", leads: [], occasion: .creating,
            says: "a commit says of others that they took the lead [R6]"),
    ]

    private func lists() throws -> KnownCallList {
        try team.list {
            $0.persons = ["ada", "bo", "mara", "lena", "eve"]
            $0.sensors = []
            $0.expires = ["lena": Self.entry.date.addingTimeInterval(-1)]
        }
    }

    private func signed(_ words: [Word]) throws -> [[UInt8]] {
        try words.map { word in
            let device = try team.device(word.by)
            return try LeadStatement(
                word.remove.map { .remove(try $0.map { try team.device($0).id }) } ?? .noLead,
                room: word.elsewhere ? .random() : room, device: device.id, event: .random(),
                at: Timestamp(milliseconds: Self.entry.milliseconds - word.age)
            ).signed(by: team.device(word.signedBy ?? word.by).mls)
        }
    }

    private func occasion(_ row: Row, _ change: RoomChange) throws -> RoomJudge.Occasion {
        if let occasion = row.occasion { return occasion }
        let header = CommitHeader(
            baseSeq: 1, parent: 1, chain: [UInt8](repeating: 0, count: LogChain.length), at: Self.entry, adds: [],
            removes: [], leads: nil, takes: try change.takesLead(), statements: try signed(row.words),
            callListVersion: 1, callListDigest: [UInt8](repeating: 0, count: 32))
        var written: [DeviceID: Timestamp] = [:]
        for (name, age) in row.wrote {
            written[try team.device(name).id] = Timestamp(milliseconds: Self.entry.milliseconds - age)
        }
        return .following(
            header, in: .init(commit: 1, members: change.present, written: written, entryTime: Self.entry))
    }

    private func change(_ row: Row, removes: [String] = []) throws -> RoomChange {
        try team.change(
            by: row.author, from: .sample(kind: row.kind, leads: row.leads, takers: row.takers),
            to: .sample(
                kind: row.kind, leads: row.leadsAfter ?? row.leads, takers: row.takersAfter ?? [row.author]),
            removes: removes, present: row.present)
    }

    private func said(_ row: Row, under known: KnownCallList) throws -> String? {
        let change = try change(row)
        let occasion = try occasion(row, change)
        return try verdict {
            try TakeoverRule.check(change, in: room, on: occasion, under: known, at: Self.entry.date)
        }
    }

    @Test("[R6]", arguments: rows) func takes(_ row: Row) throws {
        #expect(try said(row, under: lists()) == row.says, "\(row.what)")
    }

    @Test("[R6] Persons count, never devices") func persons() throws {
        let words = [Word(by: "bo"), Word(by: "eve")]
        let shared = try team.list { $0.second = ["eve": "bo"] }
        #expect(try said(Row(what: "two devices of one", words: words, says: nil), under: shared) == Self.fewer)
        let ofLead = try team.list { $0.second = ["eve": "ada"] }
        #expect(try said(Row(what: "a lead's other device", words: words, says: nil), under: ofLead) == Self.fewer)
    }

    @Test("[R6] Who took the lead removes whom another person names who took it, and nobody else") func agreed() throws
    {
        let known = try team.list { $0.second = ["eve": "mara"] }
        func agreed(_ takers: [String], _ words: [Word], author: String = "mara") throws -> Set<DeviceID> {
            let row = Row(what: "", author: author, takers: takers, takersAfter: takers, words: words, says: nil)
            let change = try change(row, removes: ["ada"])
            return try TakeoverRule.agreedRemovals(
                of: change, in: room, on: occasion(row, change), under: known, at: Self.entry.date)
        }
        let (ada, bo) = (try team.device("ada").id, try team.device("bo").id)
        let word = Word(by: "bo", remove: ["ada"])
        #expect(try agreed(["mara", "bo"], [word]) == [ada])
        #expect(try agreed(["mara", "bo"], []) == [])
        #expect(try agreed(["mara"], [word]) == [])
        #expect(try agreed(["bo"], [word]) == [])
        #expect(try agreed(["mara", "bo"], [Word(by: "mara", remove: ["ada"])]) == [])
        // Another device of the same person is no second one.
        #expect(try agreed(["mara", "eve"], [Word(by: "eve", remove: ["ada"])]) == [])
        #expect(try agreed(["mara", "bo"], [Word(by: "bo", remove: ["ada", "bo"])]) == [ada])
        #expect(try agreed(["mara", "bo", "lena"], [Word(by: "lena", remove: ["bo"])]) == [bo])
        #expect(try agreed(["mara", "bo"], [Word(by: "bo", remove: ["ada"], age: Self.hours)]) == [])
    }
}
