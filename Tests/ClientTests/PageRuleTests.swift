import CallList
import Foundation
import Incident
import RelayAPI
import SQLite
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client
@testable import MLS

/// Rules of page rooms.
@Suite struct PageRuleTests {
    @Test("[R9] The Welcomes of a page's steps differ in nothing but their secrets")
    func welcomes() async throws {
        try await World.with { world in
            let posted = try required(try await world.client("siem").alert(.test()).posted)
            let bodies = try world.read {
                try $0.rows("SELECT body FROM welcome_bodies ORDER BY id").map { try $0.bytes(0) }
            }
            #expect(bodies.count == 2 && posted.delivery.isAccepted)
            let infos = try bodies.map { body -> [UInt8] in
                guard case .welcome(let welcome) = try MLSMessage(checking: body) else { throw Missing() }
                return welcome.encryptedGroupInfo
            }
            #expect(infos[0] == infos[1] && !infos[0].isEmpty)
        }
    }

    @Test("[R10] No talk in a page: refused by its sender, and passed over by readers")
    func pageTalk() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            #expect(try await code { _ = try await bo.send("chat", tlp: nil, to: page) } == .inputRefused)
            let event = EventID.random()
            let draft = try EventDraft(.note(Note(text: "chat")), id: event, at: bo.own.time, tlp: .amber)
            _ = try await bo.outbox.deliver(.message(draft, encrypted: nil), event: event, room: page)
            try await ada.sync()
            #expect(try ada.notes(page).isEmpty)
            #expect(try ada.alarms.contains { $0.contains("notices") })
        }
    }

    @Test("[R11] Forged and replayed acknowledgements are not shown")
    func forgedStatements() async throws {
        try await World.with { world in
            let (ada, bo, mara) = (try world.client("ada"), try world.client("bo"), try world.client("mara"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            func inject(_ payload: [UInt8], by poster: DeviceID) async throws {
                let record = try required(try ada.record(of: page))
                let (seq, time) = (record.head.cursor + 1, world.clock.now)
                let chain = LogChain.next(
                    record.head.relayChain, seq: seq, time: time, poster: poster, entryClass: .statement,
                    payload: payload)
                _ = try await ada.take(
                    Entry(
                        seq: seq, time: time, poster: poster, entryClass: .statement, payload: payload, chain: chain),
                    into: page)
            }
            let forged = RelayAPI.Statement(
                kind: .ack, room: page, device: bo.device, event: .random(), at: bo.own.time)
            try await inject(forged.signed(by: mara.own.keys.mls), by: bo.device)
            try await inject(forged.signed(by: mara.own.keys.mls), by: mara.device)
            let elsewhere = RelayAPI.Statement(
                kind: .ack, room: .random(), device: bo.device, event: .random(), at: bo.own.time)
            try await inject(elsewhere.signed(by: bo.own.keys.mls), by: bo.device)
            #expect(try ada.detail(page).page?.status == .open)
            // Real, taken back, and then played back by the relay.
            let ack = try forged.signed(by: bo.own.keys.mls)
            try await inject(ack, by: bo.device)
            #expect(try ada.detail(page).page?.status == .acknowledged)
            let unack = RelayAPI.Statement(
                kind: .unack, room: page, device: bo.device, event: .random(), at: bo.own.time)
            try await inject(unack.signed(by: bo.own.keys.mls), by: bo.device)
            try await inject(ack, by: bo.device)
            #expect(try ada.detail(page).page?.status == .open)
        }
    }

    @Test("[R12] What only the relay calls closed is kept, and said; a page past its horizon is wiped")
    func closedByRelay() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            let incident = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            try world.tamper("UPDATE rooms SET closed_at = 1")
            try await bo.sync()
            #expect(try bo.alarms.count { $0.contains("nobody in it closed it") } == 2)
            #expect(try bo.record(of: page)?.group != nil && bo.record(of: incident)?.group != nil)
            world.clock.advance(days: 3)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group == nil && bo.record(of: page)?.head.closed == true)
            #expect(try bo.record(of: incident)?.group != nil)
        }
    }

    @Test("[R12] A page past its horizon is wiped, also where the relay never says that it is closed")
    func horizonWithoutTheRelay() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            try world.tamper("UPDATE rooms SET next_due = NULL")
            world.clock.advance(days: 2)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group != nil)
            world.clock.advance(days: 1)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group == nil && bo.record(of: page)?.head.closed == true)
            #expect(try bo.alarms.isEmpty)
        }
    }

    @Test("Who is not cleared for a page is not in it, and named; a page for nobody is refused at once")
    func clearance() async throws {
        try await World.with { world in
            try await world.publish(try world.list(members: World.persons, clearance: ["bo": "GREEN"]))
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let posted = try await ada.page(.test(), policy: "duty")
            #expect(posted.uncleared == ["Bo Example"] && posted.unreachable.isEmpty)
            try await bo.sync()
            #expect(try bo.rooms().isEmpty)
            #expect(try ada.group(posted.room).members.count == 2)
            try await world.publish(
                try world.list(members: World.persons, clearance: ["ada": "CLEAR", "bo": "GREEN", "mara": "GREEN"]))
            #expect(try await code { _ = try await ada.page(.test(), policy: "duty") } == .nobodyToPage)
            #expect(try ada.vault.read({ try $0.queuedCount() }) == 0)
        }
    }

    @Test("[R12] A resolved page leaves no group behind, and is not pulled again")
    func resolved() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            #expect(try await ada.resolve(page, note: "out").isAccepted)
            try await bo.sync()
            for client in [ada, bo] {
                let record = try required(try client.record(of: page))
                #expect(record.head.closed && record.group == nil)
                #expect(try client.detail(page).page?.status == .resolved)
            }
            wire.forget()
            try await bo.sync()
            #expect(!wire.requests.contains { $0.contains("/entries") })
        }
    }
}
