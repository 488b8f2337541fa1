import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing
import WireFormat
import tocsin_probe

@testable import Client

/// Coming back: after a removal, after a vault that went back in time, after lies of the relay.
@Suite struct RecoveryTests {
    private func room(_ world: World) async throws -> (room: RoomID, ada: Client, bo: Client) {
        let (ada, bo) = (try world.client("ada"), try world.client("bo"))
        let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
        try await bo.sync()
        return (room, ada, bo)
    }

    @Test("Need-to-know: removed, one reads nothing later; added again, nothing of the time between")
    func removedAndAdded() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            _ = try await ada.send("one", tlp: nil, to: room)
            try await bo.sync()
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            _ = try await ada.send("two", tlp: nil, to: room)
            try await bo.sync()
            #expect(try bo.detail(room).closed && bo.notes(room) == ["one"])
            #expect(try await code { _ = try await bo.send("x", tlp: nil, to: room) } == .roomClosed)
            #expect(try await ada.addMembers([member("bo")], to: room).isAccepted)
            _ = try await ada.send("three", tlp: nil, to: room)
            try await bo.sync()
            #expect(try bo.notes(room) == ["one", "three"])
            #expect(try await bo.send("back", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(room).last == "back")
            #expect(try bo.causes.isEmpty && ada.causes.isEmpty)
        }
    }

    @Test("Removed and added again while away: back in, and said so")
    func whileAway() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            _ = try await ada.removeMembers([member("bo")], from: room)
            _ = try await ada.addMembers([member("bo")], to: room)
            _ = try await ada.send("hello again", tlp: nil, to: room)
            try await bo.sync()
            #expect(try bo.notes(room) == ["hello again"])
            // The log shows the removal, so that nothing is wrong with the invitation after it.
            #expect(try bo.causes.isEmpty)
            #expect(try await bo.send("hello", tlp: nil, to: room).isAccepted)
        }
    }

    @Test("A late joiner reads nothing earlier")
    func lateJoiner() async throws {
        try await World.with { world in
            let (room, ada, _) = try await room(world)
            _ = try await ada.send("earlier", tlp: nil, to: room)
            _ = try await ada.addMembers([member("mara")], to: room)
            let mara = try world.client("mara")
            let stolen = try world.read { try $0.rows("SELECT body FROM welcome_bodies").map { try $0.bytes(0) } }
            let entries = try await ada.link().entries(of: room, after: 0, limit: 100).entries
            #expect(try Attacker(mara).readable(room: room, welcomes: stolen, entries: entries) == 0)
            try await mara.sync()
            #expect(try mara.notes(room).isEmpty)
        }
    }

    @Test("[R7] [R8] A vault from an older copy: quarantined, still able to acknowledge, and re-added by a lead")
    func rollback() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            await bo.shutdown()
            let restore = try world.snapshot("bo")
            #expect(try await bo.send("forgotten", tlp: nil, to: room).isAccepted)
            try bo.vault.database.close()
            try restore()
            let restored = try world.reopen("bo")
            // It says nothing before it has caught up, and so finds out.
            #expect(try await code { _ = try await restored.send("x", tlp: nil, to: room) } == .roomQuarantined)
            #expect(try restored.causes.contains(.vaultWentBack))
            #expect(try restored.detail(page).quarantined != nil)
            #expect(try await restored.acknowledge(page).isAccepted)
            _ = try await ada.removeMembers([member("bo")], from: room)
            _ = try await ada.addMembers([member("bo")], to: room)
            try await restored.sync()
            #expect(try restored.detail(room).quarantined == nil)
            #expect(try await restored.send("back", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(room) == ["forgotten", "back"])
        }
    }

    @Test("[R7] An own acknowledgement that the vault does not know")
    func rollbackStatement() async throws {
        try await World.with { world in
            let (_, ada, bo) = try await room(world)
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            await bo.shutdown()
            let restore = try world.snapshot("bo")
            #expect(try await bo.acknowledge(page).isAccepted)
            try bo.vault.database.close()
            try restore()
            let restored = try world.reopen("bo")
            try await restored.sync()
            #expect(try restored.detail(page).quarantined != nil)
            #expect(try restored.detail(page).page?.status == .acknowledged)
        }
    }

    @Test("A relay cannot quarantine a device by putting words into its mouth")
    func wordsInMouth() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            let junk = [UInt8](repeating: 7, count: 300)
            // A member who helps the relay: a proposal that would hold up whatever this device wants to say.
            var insider = try ada.group(room)
            let proposal = try insider.propose(.update(LeafChange()), signer: ada.own.keys.mls)
            var listener = try bo.group(room)
            _ = try listener.process(proposal, judge: Anything())
            #expect(listener.pendingProposals.map(\.isValid) == [true])
            for (entryClass, payload) in [
                (EntryClass.message, junk), (.commit, junk), (.statement, junk), (.message, proposal),
            ] {
                let record = try required(try bo.record(of: room))
                let (seq, time) = (record.head.cursor + 1, world.clock.now)
                let chain = LogChain.next(
                    record.head.relayChain, seq: seq, time: time, poster: bo.device, entryClass: entryClass,
                    payload: payload
                )
                _ = try await bo.take(
                    Entry(
                        seq: seq, time: time, poster: bo.device, entryClass: entryClass, payload: payload, chain: chain),
                    into: room)
            }
            #expect(try bo.detail(room).quarantined == nil)
            #expect(
                try Set(bo.causes) == [
                    .invalidEntry(.message), .invalidEntry(.commit), .invalidEntry(.statement), .misattributed,
                ])
            #expect(try bo.group(room).pendingProposals.isEmpty)
        }
    }

    @Test("Entries that are left out, changed, reordered or played back are alarms, and never shown")
    func lyingLog() async throws {
        try await World.with { world in
            let (room, ada, _) = try await room(world)
            for text in ["a", "b", "c"] { _ = try await ada.send(text, tlp: nil, to: room) }
            typealias Lie = @Sendable ([Entry]) -> [Entry]
            let lies: [(AlarmCause, Lie)] = [
                (.entriesLeftOut, { entries in entries.filter { $0.seq != 4 } }),
                (
                    .logBroken,
                    { $0.map { $0.with(payload: $0.seq == 4 ? $0.payload.dropLast() + [0] : $0.payload) } }
                ),
                (.entriesLeftOut, { $0.reversed() }),
                (
                    .invalidEntry(.message),
                    { entries in
                        let (a, b) = (entries[0], entries[1])
                        return [a, b.with(payload: a.payload)] + entries.dropFirst(2)
                    }
                ),
                (.misattributed, { $0.map { $0.with(poster: DeviceID([UInt8](repeating: 9, count: 16))) } }),
                (.invalidEntry(.message), { $0.map { $0.with(payload: []) } }),
            ]
            let restore = try world.snapshot("bo")
            for (cause, lie) in lies {
                try restore()
                let wire = Wire()
                let bo = try world.reopen("bo", tap: wire.tap)
                wire.onEntries(lie)
                try await bo.sync()
                let causes = try bo.causes
                #expect(causes.contains(cause), "\(cause): \(causes)")
                #expect(try Set(bo.notes(room)).isSubset(of: ["a", "b", "c"]))
                await bo.shutdown()
                try bo.vault.database.close()
            }
        }
    }

    @Test("A forked log: who saw another past is heard of with both values")
    func fork() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            let wire = Wire()
            let mine = try world.reopen("bo", tap: wire.tap)
            // bo is shown another time for ada's first message: everything verifies, only the chains differ.
            wire.onEntries { $0.map { $0.with(time: Timestamp(milliseconds: $0.time.milliseconds + 1)) } }
            _ = try await ada.send("a", tlp: nil, to: room)
            _ = try await ada.send("b", tlp: nil, to: room)
            try await mine.sync()
            #expect(try bo.causes.contains(.twoHistories))
        }
    }

    @Test("Receipts: a wrong signature is not delivery, and a log that differs from one is a lie")
    func receipts() async throws {
        try await World.with { world in
            let (room, _, _) = try await room(world)
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            wire.onAnswer { request, answer in
                request.hasPrefix("POST") && request.hasSuffix("/entries")
                    ? answer.dropLast() + [answer.last! ^ 1] : answer
            }
            #expect(try await ada.send("a", tlp: nil, to: room).isAccepted == false)
            wire.onEntries { $0.map { $0.with(time: Timestamp(milliseconds: $0.time.milliseconds + 1)) } }
            try await ada.sync()
            wire.onAnswer(nil)
            #expect(try await ada.send("b", tlp: nil, to: room).isAccepted)
            #expect(try ada.causes.contains(.logBroken))
        }
    }

    @Test("Key packages of somebody else are refused, and numbers beyond reason do not trap")
    func hostileAnswers() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            wire.onAnswer { request, answer in
                guard request.hasSuffix("/claim") else { return answer }
                let claimed = try JSONDecoder().decode(KeyPackageClaimAnswer.self, from: Data(answer))
                let packages = Array(claimed.keyPackages.map(\.keyPackage).reversed())
                let swapped = zip(claimed.keyPackages, packages).map {
                    KeyPackageClaimAnswer.Item(device: $0.device, keyPackage: $1, lastResort: false)
                }
                return [UInt8](try JSONEncoder().encode(KeyPackageClaimAnswer(keyPackages: swapped, missing: [])))
            }
            let posted = try await ada.page(.test(), policy: "duty")
            #expect(posted.delivery.isAccepted == false)
            #expect(try ada.causes.contains(.foreignKeyPackage))
            let room = RoomID.random()
            let heads = Heads(
                rooms: [], pendingWelcomes: .max, callListVersion: 2, time: Timestamp(milliseconds: 0),
                mark: SignedMark(try await world.mark(), by: try world.relayIdentity))
            let lies: [(String, [UInt8])] = [
                ("GET /v1/heads", [UInt8](try JSONEncoder().encode(heads))),
                (
                    "GET /v1/welcomes?limit=64",
                    PendingWelcomes(welcomes: [
                        PendingWelcome(
                            place: .max, room: room, kind: .incident, seq: .max, time: Timestamp(milliseconds: .max),
                            chain: [UInt8](repeating: 0, count: 32), welcome: [1, 2, 3])
                    ]).encoded
                ),
                (
                    "GET /v1/keypackages",
                    Array(#"{"unclaimed":-9223372036854775808,"hasLastResort":true,"lastResortUsed":false}"#.utf8)
                ),
            ]
            wire.onAnswer { request, answer in lies.first { $0.0 == request }?.1 ?? answer }
            wire.onRequest { request in
                if request == "PUT /v1/keypackages" { throw Problem(code: .limitReached, title: "no", status: 422) }
            }
            _ = try await code { _ = try await ada.sync() }
            #expect(try ada.causes.contains(.welcomeUnusable))
            #expect(try ada.record(of: room)?.head.cursor == nil)
        }
    }

    @Test("A gap in the log is one alarm, however often and at whatever entry the relay shows it")
    func oneGap() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            for number in 0..<4 { _ = try await ada.send("\(number)", tlp: nil, to: room) }
            for left in 1...3 {
                wire.onEntries { Array($0.dropFirst(left)) }
                try await bo.sync()
            }
            #expect(try bo.causes == [.entriesLeftOut])
            wire.onAnswer(nil)
            try await bo.sync()
            #expect(try bo.notes(room) == ["0", "1", "2", "3"])
        }
    }
}

extension Entry {
    /// The same with something changed; its chain stays as the relay gave it.
    func with(time: Timestamp? = nil, poster: DeviceID? = nil, payload: [UInt8]? = nil) -> Entry {
        Entry(
            seq: seq, time: time ?? self.time, poster: poster ?? self.poster, entryClass: entryClass,
            payload: payload ?? self.payload, chain: chain)
    }
}
