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

@testable import Client

/// [R4] What clients do about commits that they, or others, cannot use.
@Suite struct FaultTests {
    /// An incident room of ada (its lead), bo and mara, all up to date; bo makes commits that some cannot use.
    private struct Scene {
        let world: World
        let room: RoomID
        let ada, bo, mara: Client

        init(_ world: World) async throws {
            self.world = world
            (ada, bo, mara) = (try world.client("ada"), try world.client("bo"), try world.client("mara"))
            room = try await ada.openIncident(
                title: "A", from: nil, tlp: .red, members: [member("bo"), member("mara")]
            ).room
            for client in [bo, mara] { try await client.sync() }
        }

        /// - Returns: its number.
        func spoil(for victims: [Client]) async throws -> UInt64 {
            let record = try required(try bo.record(of: room))
            let group = try required(record.group)
            let devices = Set(victims.map(\.device))
            let spoilt = Set(
                group.members.filter { member in (try? member.leaf.deviceID()).map(devices.contains) ?? false }.map(
                    \.index))
            let pin = try bo.trust.newest().pin
            let header = CommitHeader(
                baseSeq: record.head.cursor, parent: record.head.epochCommit,
                chain: try required(try bo.vault.read { try $0.chain(of: room, at: record.head.cursor) }),
                at: world.clock.now, adds: [], removes: [],
                leads: nil, callListVersion: pin.version, callListDigest: pin.digest)
            var plan = CommitPlan()
            plan.authenticatedData = header.encoded
            let made = try group.sabotagedCommit(plan, signer: bo.own.keys.mls, spoils: spoilt.contains)
            let post = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: header.baseSeq, parent: header.parent,
                payload: CommitPayload(header: header, commit: made.message).encoded)
            return try await bo.link().post(encoded: post.encoded, to: room).seq
        }

        func faults() async throws -> [Entry] {
            try await bo.link().entries(of: room, after: 0, limit: 200).entries.filter { $0.entryClass == .fault }
        }

        func kept(_ client: Client) throws -> Int64? {
            try client.vault.read { try $0.connection.number("SELECT count(*) FROM earlier_groups") }
        }
    }

    @Test("[R4] [R7] A crash at each request: the fault is sent once, and what waits is sent in the epoch that counts")
    func crashes() async throws {
        try await World.with { world in
            let scene = try await Scene(world)
            let (room, ada) = (scene.room, scene.ada)
            _ = try await scene.spoil(for: [ada, scene.mara])
            for crash in 0..<12 {
                let wire = Wire()
                wire.onRequest { _ in if wire.requests.count > crash { throw Crash() } }
                let mara = try world.reopen("mara", tap: wire.tap)
                _ = try? await mara.sync()
                let after = Wire()
                after.onAnswer { _, answer in
                    if after.requests.count > crash { throw Crash() }
                    return answer
                }
                _ = try? await world.reopen("mara", tap: after.tap).sync()
            }
            try await scene.mara.sync()
            #expect(try await scene.faults().map(\.poster) == [scene.mara.device])
            let queued = try await scene.mara.send("from the old epoch", tlp: nil, to: room)
            guard case .queued(let reason) = queued else {
                Issue.record("\(queued)")
                return
            }
            #expect(reason.contains("Bo Example"))
            try await ada.sync()
            #expect(try await ada.sync().queued == 0)
            // A minute after the first fault, and not before.
            world.clock.advance(seconds: 58)
            try await scene.mara.sync()
            #expect(try scene.mara.record(of: room)?.order.waiting == 0)
            world.clock.advance(seconds: 4)
            try await scene.mara.sync()
            try await scene.mara.sync()
            try await ada.sync()
            #expect(try ada.notes(room) == ["from the old epoch"] && ada.record(of: room)?.order.waiting == nil)
            #expect(try ada.group(room).epoch == scene.mara.group(room).epoch)
            #expect(try await ada.send("on", tlp: nil, to: room).isAccepted)
            try await scene.mara.sync()
            #expect(try scene.kept(ada) == 0 && scene.kept(scene.mara) == 0)
        }
    }

    @Test("[R4] Whoever watches and can use it goes on at once, shows nothing of that, and keeps no earlier epoch")
    func watched() async throws {
        try await World.with { world in
            let scene = try await Scene(world)
            let (room, ada) = (scene.room, scene.ada)
            var told = 0
            for await event in ada.watch() {
                switch event {
                case .connected:
                    _ = try await scene.spoil(for: [scene.mara])
                    try await scene.mara.sync()
                case .alarm(let alarm) where alarm.subject.cause == .faultedCommit:
                    #expect(alarm.subject.party == .device(scene.bo.device))
                    #expect(alarm.detail.contains("\(scene.mara.device)"))
                    // The next word of the stream comes after it has gone on.
                    _ = try await scene.bo.link().post(
                        encoded: EntryPost(
                            event: .random(), entryClass: .message, baseSeq: 3, parent: 3, payload: [1]
                        ).encoded, to: room)
                case .alarm: told += 1
                default: continue
                }
                if told > 0 { break }
            }
            #expect(try ada.record(of: room)?.order.undecided.isEmpty == true && scene.kept(ada) == 0)
            #expect(try ada.notes(room).isEmpty && ada.head(of: room)?.unread == 0)
            try await scene.mara.sync()
            #expect(try scene.mara.record(of: room)?.head.lost == true && scene.mara.record(of: room)?.group == nil)
            #expect(try await code { _ = try await scene.mara.send("x", tlp: nil, to: room) } == .roomQuarantined)
        }
    }

    @Test("[R8] Who lost a place takes nothing in until the lead gives it back, in one change")
    func givenBack() async throws {
        try await World.with { world in
            let scene = try await Scene(world)
            let (room, ada, mara) = (scene.room, scene.ada, scene.mara)
            _ = try await scene.spoil(for: [mara])
            try await mara.sync()
            try await ada.sync()
            try await mara.sync()
            #expect(try mara.record(of: room)?.head.lost == true)
            let epoch = try ada.group(room).epoch.value
            #expect(try await ada.send("without you", tlp: nil, to: room).isAccepted)
            #expect(try await ada.addMembers([member("mara")], to: room).isAccepted)
            #expect(try ada.group(room).epoch.value == epoch + 1 && ada.detail(room).members.count == 3)
            try await mara.sync()
            #expect(try mara.detail(room).quarantined == nil && mara.group(room).epoch == ada.group(room).epoch)
            #expect(try await mara.send("back", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(room) == ["without you", "back"] && mara.notes(room) == ["back"])
            // Once given back, there is nobody to add.
            #expect(try await code { _ = try await ada.addMembers([member("mara")], to: room) } == .inputRefused)
        }
    }
}
