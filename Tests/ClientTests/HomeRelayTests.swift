import CallList
import Foundation
import Incident
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client
@testable import MLS

/// A room is read from the relay that its policy names, and from no other [R16].
@Suite struct HomeRelayTests {
    @Test("A room whose policy names another relay than the one that hands out its Welcome is not joined")
    func strangeHome() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let room = RoomID.random()
            let policy = RoomPolicy(
                kind: .page, incident: room.bytes, homeRelay: "elsewhere", leads: [], tlpCeiling: .red, retention: 0,
                exercise: false, pin: try ada.trust.newest().pin)
            let group = try Group.create(
                id: room.bytes, identity: ada.device.bytes, signer: ada.own.keys.mls,
                capabilities: RoomPolicy.capabilities, lifetime: ada.own.keyPackageLifetime,
                extensions: policy.extensions, judge: Anything())
            let bundle = try KeyPackageBundle.generate(
                identity: bo.device.bytes, signer: bo.own.keys.mls, lifetime: bo.own.keyPackageLifetime,
                capabilities: RoomPolicy.capabilities, lastResort: false)
            try bo.vault.write { try $0.store([bundle]) }
            var plan = CommitPlan()
            plan.adds = [bundle.keyPackage]
            let welcome = try required(
                try group.commit(plan, signer: ada.own.keys.mls, judge: Anything()).welcomes.first)
            let played = PendingWelcome(
                place: 1, room: room, kind: .page, seq: 1, time: world.clock.now,
                chain: [UInt8](repeating: 0, count: 32), welcome: welcome)
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
            try await bo.sync()
            #expect(try bo.head(of: room) == nil)
            #expect(try bo.wasAlarmed(.welcomeRefused, because: "home relay is another"))
        }
    }

    @Test("A room that another relay keeps is not taken in from this one, and the others go on")
    func otherRoomsGoOn() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let older = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            let newer = try await ada.openIncident(title: "B", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            try bo.vault.write { db in
                var record = try required(try db.record(newer))
                record.head.summary.homeRelay = "elsewhere"
                try db.update(record)
            }
            for room in [older, newer] { _ = try await ada.send("news", tlp: nil, to: room) }
            for _ in 0..<2 { try await bo.sync() }
            #expect(try bo.notes(older) == ["news"] && bo.notes(newer).isEmpty)
            #expect(try bo.causes.count == 1)
            #expect(try await bo.send("on", tlp: nil, to: older).isAccepted)
        }
    }

    @Test("A page that waits while the call list comes to name another relay is built anew for that one")
    func anotherRelay() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.reopen("ada", tap: wire.tap), try world.client("bo"))
            wire.onRequest { request in
                if request == "POST /v1/rooms" { throw Problem(code: .unavailable, title: "no", status: 503) }
            }
            #expect(try await !ada.page(.test(), policy: "duty").delivery.isAccepted)
            let old = try world.relayRecord
            let new = RelayRecord(
                id: "r9", addresses: old.addresses, identity: old.identity, tlsCertificate: old.tlsCertificate)
            try new.encoded().write(to: "r9.json", in: world.directory)
            try await world.publish(try world.list(members: World.persons, relay: "r9.json"), to: [])
            wire.onRequest(nil)
            #expect(try await ada.sync().queued == 0)
            try await bo.sync()
            let page = try required(try bo.rooms().first)
            #expect(page.title == "Disk on fire")
            #expect(try bo.head(of: page.id)?.summary.homeRelay == "r9")
            #expect(try await bo.acknowledge(page.id).isAccepted)
            try await ada.sync()
            #expect(try ada.detail(page.id).page?.status == .acknowledged)
            #expect(try ada.causes.isEmpty && bo.causes.isEmpty)
        }
    }
}
