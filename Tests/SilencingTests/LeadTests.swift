import CallList
import Foundation
import Incident
import MLS
import NIOHTTP1
import Platform
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// The lead of a room is away, or on no list any more: the others go on with it, and nobody takes the lead while it is there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LeadTests {
    init() { DescriptorLimit.raise() }

    private static let silence = 12.0 / 24

    private func marks(_ name: String, _ room: RoomID, _ siege: Siege) async throws -> [String] {
        let shown = try await siege.tocsin("room", "show", "\(room)", as: name)
        #expect(shown.status == 0, "\(shown.errors)")
        return shown.output.split(separator: "\n").filter { $0.contains("lead]") }.map { line in
            String(line.drop { $0 != " " }.drop { $0 == " " })
        }
    }

    @Test("[R6] The lead is away for twelve hours: two say so, one takes the lead, and displaces nobody")
    func away() async throws {
        try await Siege.withCrew(clock: 0) { siege in
            let (ada, ben) = (try siege.client("ada"), try siege.client("ben"))
            let room = try await siege.openRoom(with: ["ben", "mira"])
            #expect(try await ada.send("I am off", tlp: nil, to: room).isAccepted)
            let early = try await siege.tocsin("room", "lead", "take", "\(room)", as: "ben")
            #expect(early.status == 77 && early.errors.contains("Ada Ohm leads room \(room.short)"), "\(early.errors)")
            try siege.setClock(days: Self.silence + 0.01)

            let first = try await siege.tocsin("room", "lead", "missing", "\(room)", as: "ben")
            #expect(first.status == 0 && first.output == "said that no lead is left: accepted by the relay\n")
            let alone = try await siege.tocsin("room", "lead", "take", "\(room)", as: "ben")
            #expect(alone.status == 0 && alone.output.contains("one more must"), "\(alone.output)")
            let taken = try await siege.tocsin("room", "lead", "take", "\(room)", as: "mira")
            #expect(taken.status == 0 && taken.output == "lead taken: accepted by the relay\n", "\(taken.errors)")
            #expect(try await ben.send("go on, Mira", tlp: nil, to: room).isAccepted)

            // All see it, the lead too, when she is back; and she leads on.
            try await ada.sync()
            for name in ["ada", "ben", "mira"] {
                #expect(
                    try await marks(name, room, siege).count { $0.contains("Ada Ohm") && $0.contains("[lead]") } == 1)
                #expect(
                    try await marks(name, room, siege).count {
                        $0.contains("Mira Watt") && $0.contains("[took the lead]")
                    } == 1)
            }
            let read = try await siege.tocsin("read", "\(room)", as: "ada")
            #expect(read.output.contains("lead taken by Mira Watt: no lead was left"), "\(read.output)")
            #expect(read.output.contains("no lead has written for 12 hours, says Ben Volt"))
            for name in ["ada", "ben"] {
                let causes = try siege.client(name).alarms().map(\.subject.cause)
                #expect(!causes.contains(.invalidEntry(.commit)) && !causes.contains(.invalidEntry(.leadStatement)))
            }
            // One who took the lead alone removes nobody who is listed: not the lead, and not ben.
            let asked = try await siege.tocsin("room", "remove", "\(room)", "ada", as: "mira")
            #expect(
                asked.status == 0 && asked.output == "removal asked for: accepted by the relay\n", "\(asked.errors)")
            #expect(try await ada.send("I am back", tlp: nil, to: room).isAccepted)
            let late = try await siege.tocsin("room", "lead", "take", "\(room)", as: "ben")
            #expect(late.status == 77, "\(late.errors)")
            // The lead goes on, and has the last word.
            #expect(try await ada.removeMembers([try #require(MemberID("mira"))], from: room).isAccepted)
            #expect(try await ben.send("good", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.detail(room).members.count == 2 && ada.notes(room).last == "good")
        }
    }

    @Test("[R6] The lead is off the list: one takes the lead at once, and a second one who did helps to remove")
    func removed() async throws {
        try await Siege.withCrew { siege in
            let (ben, mira) = (try siege.client("ben"), try siege.client("mira"))
            let room = try await siege.openRoom(with: ["ben"])
            try await siege.publishListWithoutAda()
            // What is said removes the revoked lead first [R2]; then nobody leads.
            #expect(try await ben.send("she is gone", tlp: nil, to: room).isAccepted)
            let said = try await siege.tocsin("room", "lead", "missing", "\(room)", as: "ben")
            #expect(said.status == 0 && said.output.contains("no lead is in room"), "\(said.output)")
            let taken = try await siege.tocsin("room", "lead", "take", "\(room)", "--json", as: "ben")
            #expect(taken.status == 0 && taken.output.contains(#""state":"accepted""#), "\(taken.errors)")
            // Who took it adds people, who have read nothing of all that; they may take it, too.
            let added = try await siege.tocsin("room", "add", "\(room)", "mira", as: "ben")
            #expect(added.status == 0 && added.output == "added: accepted by the relay\n", "\(added.errors)")
            let second = try await siege.tocsin("room", "lead", "take", "\(room)", as: "mira")
            #expect(second.status == 0 && second.output == "lead taken: accepted by the relay\n", "\(second.errors)")
            try await ben.sync()
            #expect(try ben.detail(room).members.allSatisfy(\.tookLead))
            let asked = try await siege.tocsin("room", "remove", "\(room)", "mira", as: "ben")
            #expect(asked.status == 0 && asked.output.contains("removal asked for"), "\(asked.errors)")
            try await mira.sync()
            #expect(try mira.detail(room).members.count == 2)
        }
    }

    @Test(
        "[R6] A member who takes the lead while one is there is refused by the relay, and by readers of one that lies")
    func malicious() async throws {
        try await Siege.withCrew(clock: 0) { siege in
            let (ada, ben) = (try siege.client("ada"), try siege.client("ben"))
            let room = try await siege.openRoom(with: ["ben", "mira"])
            #expect(try await ada.send("I am here", tlp: nil, to: room).isAccepted)
            try await ben.sync()
            let made = try takeover(of: room, by: ben, words: ["ben", "mira"], siege)
            let keys = try siege.device("ben")
            let answer = try await siege.with { visit in
                try await visit.send(
                    .POST, "/v1/rooms/\(room)/entries", token: visit.token(keys), body: made.encoded)
            }
            #expect(answer.problem == .commitRefused)
            // A relay that takes it all the same changes nothing: readers skip it, and say whose doing it is.
            let reader = Room(room, of: ada.own).reader
            let head = try #require(try ada.vault.read { try $0.head(room) })
            let time = Timestamp(Date())
            let lie = Entry(
                seq: head.cursor + 1, time: time, poster: keys.id, entryClass: .commit, payload: made.payload,
                chain: LogChain.next(
                    head.relayChain, seq: head.cursor + 1, time: time, poster: keys.id, entryClass: .commit,
                    payload: made.payload))
            try reader.take(lie, into: room)
            #expect(
                try ada.alarms().map(\.subject) == [
                    AlarmSubject(.invalidEntry(.commit), room: room, by: .device(keys.id))
                ])
            #expect(try ada.alarms().first?.detail.contains("a lead wrote in the last 12 hours") == true)
            #expect(try ada.detail(room).members.allSatisfy { !$0.tookLead })
        }
    }

    /// A commit that keeps no rules, by which somebody takes the lead; with statements of those.
    private func takeover(of room: RoomID, by client: Client, words: [String], _ siege: Siege) throws -> EntryPost {
        let record = try #require(try client.vault.read { try $0.record(room) })
        let group = try #require(record.group)
        let policy = try RoomPolicy(in: group.context.extensions)
        let chain = try client.vault.read { try $0.chain(of: room, at: record.head.cursor) }
        let statements = try words.map { name in
            let keys = try siege.device(name)
            return try LeadStatement(
                .noLead, room: room, device: keys.id, event: .random(), at: Timestamp(Date())
            ).signed(by: keys.mls)
        }
        let header = CommitHeader(
            baseSeq: record.head.cursor, parent: record.head.epochCommit,
            chain: chain ?? [UInt8](repeating: 0, count: LogChain.length), at: Timestamp(Date()), adds: [], removes: [],
            leads: nil, takes: true, statements: statements, callListVersion: policy.pin.version,
            callListDigest: policy.pin.digest)
        var plan = CommitPlan()
        plan.extensions = policy.taken(by: client.device).extensions
        plan.authenticatedData = header.encoded
        let made = try group.sabotagedCommit(plan, signer: client.keys.mls) { _ in false }
        return EntryPost(
            event: .random(), entryClass: .commit, baseSeq: header.baseSeq, parent: header.parent,
            payload: CommitPayload(header: header, commit: made.message).encoded)
    }
}
