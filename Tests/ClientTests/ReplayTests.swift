import CallList
import Foundation
import Incident
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing
import WireFormat
import tocsin_probe

@testable import Client
@testable import MLS

/// A relay that plays Welcomes back: no device returns to an epoch that somebody removed can read.
@Suite struct ReplayTests {
    /// An incident room of ada (its lead) and bo, and the Welcome that bo came in by.
    private func room(_ world: World, wire: Wire) async throws -> (RoomID, ada: Client, bo: Client, PendingWelcome) {
        let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
        let room = try await ada.openIncident(
            title: "A", from: nil, tlp: .red, members: [member("bo"), member("mara")]
        ).room
        let welcome = try required(try await bo.link().welcomes(after: nil, limit: 64).first { $0.room == room })
        try await bo.sync()
        return (room, ada, bo, welcome)
    }

    /// Has the relay hand out a Welcome as if it were of the room's next entry.
    private func play(_ welcome: PendingWelcome, seq: UInt64, on wire: Wire) {
        let played = PendingWelcome(
            place: 1, room: welcome.room, kind: welcome.kind, seq: seq, time: welcome.time, chain: welcome.chain,
            welcome: welcome.welcome)
        wire.onAnswer { request, answer in
            switch request {
            case "GET /v1/heads":
                let heads = try JSONDecoder().decode(Heads.self, from: Data(answer))
                return [UInt8](
                    try JSONEncoder().encode(
                        Heads(
                            rooms: heads.rooms, pendingWelcomes: 1, callListVersion: heads.callListVersion,
                            time: heads.time, mark: heads.mark)))
            case "GET /v1/welcomes?limit=64": return PendingWelcomes(welcomes: [played]).encoded
            default: return answer
            }
        }
    }

    @Test("A Welcome that was used is never used again: in the room, removed from it, or with its key still there")
    func replayed() async throws {
        try await World.with { world in
            // The relay hands out last-resort packages, whose keys outlive a Welcome.
            try world.tamper("DELETE FROM key_packages WHERE NOT last_resort")
            let wire = Wire()
            let (room, ada, bo, welcome) = try await room(world, wire: wire)
            #expect(try await ada.removeMembers([member("mara")], from: room).isAccepted)
            try await bo.sync()
            let epoch = try bo.group(room).epoch
            play(welcome, seq: try required(try bo.record(of: room)).head.cursor + 1, on: wire)
            try await bo.sync()
            #expect(try bo.group(room).epoch == epoch)
            #expect(try bo.wasAlarmed(.welcomeRefused, because: "played one back"))
            wire.onAnswer(nil)
            #expect(try await bo.send("still in the new epoch", tlp: nil, to: room).isAccepted)

            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            try await bo.sync()
            play(welcome, seq: try required(try bo.record(of: room)).head.cursor + 1, on: wire)
            try await bo.sync()
            #expect(try bo.record(of: room)?.group == nil)
        }
    }

    @Test("A Welcome into an epoch that this device has had is refused, used or not")
    func oldEpoch() async throws {
        try await World.with { world in
            let wire = Wire()
            let (room, ada, bo, _) = try await room(world, wire: wire)
            // Two Welcomes for bo in one epoch: as if the relay had kept one of them back.
            let group = try ada.group(room)
            let bundle = try KeyPackageBundle.generate(
                identity: bo.device.bytes, signer: bo.own.keys.mls, lifetime: bo.own.keyPackageLifetime,
                capabilities: RoomPolicy.capabilities, lastResort: false)
            try bo.vault.write({ try $0.store([bundle]) })
            var plan = CommitPlan()
            plan.removes = group.members.filter { $0.leaf.identity == bo.device.bytes }.map(\.index)
            plan.adds = [bundle.keyPackage]
            let kept = try required(
                try group.commit(plan, signer: ada.own.keys.mls, judge: Anything()).welcomes.first)
            #expect(try await ada.removeMembers([member("mara")], from: room).isAccepted)
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            try await bo.sync()
            let record = try required(try bo.record(of: room))
            #expect(record.head.closed && record.highestEpoch == group.epoch.value + 1)
            play(
                PendingWelcome(
                    place: 1, room: room, kind: .incident, seq: 0, time: world.clock.now,
                    chain: record.head.relayChain,
                    welcome: kept), seq: record.head.cursor + 1, on: wire)
            try await bo.sync()
            #expect(try bo.record(of: room)?.group == nil)
            #expect(try bo.wasAlarmed(.welcomeRefused, because: "leads back to epoch"))
        }
    }

    @Test("An active member that is invited anew, with no removal in the log, stays where it is")
    func stillIn() async throws {
        try await World.with { world in
            let wire = Wire()
            let (room, ada, bo, _) = try await room(world, wire: wire)
            // What the insider mara and the relay make up: the same room once more, in an epoch to come.
            let bundle = try KeyPackageBundle.generate(
                identity: bo.device.bytes, signer: bo.own.keys.mls, lifetime: bo.own.keyPackageLifetime,
                capabilities: RoomPolicy.capabilities, lastResort: false)
            try bo.vault.write({ try $0.store([bundle]) })
            var plan = CommitPlan()
            let group = try ada.group(room)
            plan.removes = group.members.filter { $0.leaf.identity == bo.device.bytes }.map(\.index)
            plan.adds = [bundle.keyPackage]
            let forged = try required(
                try group.commit(plan, signer: ada.own.keys.mls, judge: Anything()).welcomes.first)
            let record = try required(try bo.record(of: room))
            play(
                PendingWelcome(
                    place: 1, room: room, kind: .incident, seq: 0, time: world.clock.now,
                    chain: record.head.relayChain,
                    welcome: forged), seq: record.head.cursor + 1, on: wire)
            try await bo.sync()
            #expect(try bo.group(room).epoch == group.epoch)
            #expect(try bo.causes.contains(.needlessWelcome))
            wire.onAnswer(nil)
            #expect(try await bo.send("on", tlp: nil, to: room).isAccepted)
        }
    }

    @Test("The probe can fail: who was removed opens what is encrypted to the old epoch, and nothing of the new one")
    func probe() async throws {
        try await World.with { world in
            let wire = Wire()
            let (room, ada, bo, _) = try await room(world, wire: wire)
            var old = try ada.group(room)
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            #expect(try await ada.send("to the new epoch", tlp: nil, to: room).isAccepted)
            // What a sender would do who had not taken the removal in.
            let late = try old.protect(Array("to the old epoch".utf8), signer: ada.own.keys.mls)
            let log = try await ada.link().entries(of: room, after: 0, limit: 100).entries
            let entry = Entry(
                seq: UInt64(log.count + 1), time: world.clock.now, poster: ada.device,
                entryClass: .message, payload: late, chain: [UInt8](repeating: 0, count: LogChain.length))
            #expect(try bo.record(of: room)?.group != nil)
            #expect(try Attacker(bo).readable(room: room, welcomes: [], entries: log) == 0)
            #expect(try Attacker(bo).readable(room: room, welcomes: [], entries: log + [entry]) == 1)
        }
    }

    @Test("The private key of a replaced last-resort package goes once no page can use it any more")
    func lastResort() async throws {
        try await World.with { world in
            let bo = try world.client("bo")
            let count = {
                try bo.vault.read { try $0.connection.number("SELECT sum(last_resort) FROM key_packages") }
            }
            try world.tamper("UPDATE key_packages SET used = 1 WHERE last_resort")
            try await bo.sync()
            #expect(try count() == 2)
            world.clock.advance(seconds: OwnDevice.lastResortGrace + 1)
            try await bo.sync()
            #expect(try count() == 1)
        }
    }
}

/// An attacker has no rules.
struct Anything: Judge {
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
    func judge(commit: CommitFacts) {}
}
