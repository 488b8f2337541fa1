import CallList
import Escalation
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
            #expect(try ada.wasAlarmed(.invalidEntry(.message), because: "notices"))
        }
    }

    @Test("[R11] Forged and replayed acknowledgements are not shown")
    func forgedStatements() async throws {
        try await World.with { world in
            let (ada, bo, mara) = (try world.client("ada"), try world.client("bo"), try world.client("mara"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            let log = HostileLog(world, page, ada)
            func say(_ kind: RelayAPI.Statement.Kind, in room: RoomID? = nil) -> RelayAPI.Statement {
                RelayAPI.Statement(
                    kind, room: room ?? page, device: bo.device, event: .random(), at: bo.own.time,
                    seen: .init(seq: 0, chain: Data()))
            }
            let forged = say(.ack)
            try await log.inject(statement: forged.signed(by: mara.own.keys.mls), by: bo.device)
            try await log.inject(statement: forged.signed(by: mara.own.keys.mls), by: mara.device)
            try await log.inject(statement: say(.ack, in: .random()).signed(by: bo.own.keys.mls), by: bo.device)
            // Nobody called her yet, and the relay would have to know.
            let early = RelayAPI.Statement(
                .ack, room: page, device: mara.device, event: .random(), at: bo.own.time,
                seen: .init(seq: 0, chain: Data()))
            try await log.inject(statement: early.signed(by: mara.own.keys.mls), by: mara.device)
            #expect(try ada.detail(page).page?.status == .open)
            // Real, brought by another, taken back by another, and then played back by the relay.
            let ack = try forged.signed(by: bo.own.keys.mls)
            try await log.inject(statement: ack, by: mara.device)
            #expect(try ada.detail(page).page?.status == .acknowledged)
            let digest = try UnverifiedStatement(decoding: ack).verify(by: bo.own.keys.mls.publicKey).digest
            try await log.inject(statement: say(.unack([digest])).signed(by: bo.own.keys.mls), by: bo.device)
            try await log.inject(statement: ack, by: bo.device)
            #expect(try ada.detail(page).page?.status == .open)
        }
    }

    @Test("[R11] A relay that shows two people other acknowledgements is found out by what they sign")
    func forkedStatements() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            #expect(try await ada.acknowledge(page).isAccepted)
            // Bo is shown the same log with another acknowledgement in it, which holds together by itself.
            wire.onEntries { entries in
                var chain: [UInt8]?
                return entries.map { entry in
                    guard entry.entryClass == .statement || chain != nil else { return entry }
                    let time = chain == nil ? Timestamp(milliseconds: entry.time.milliseconds + 1) : entry.time
                    let before = chain ?? (try? bo.record(of: page)?.head.relayChain) ?? []
                    let next = LogChain.next(
                        before, seq: entry.seq, time: time, poster: entry.poster, entryClass: entry.entryClass,
                        payload: entry.payload)
                    chain = next
                    return Entry(
                        seq: entry.seq, time: time, poster: entry.poster, entryClass: entry.entryClass,
                        payload: entry.payload, chain: next)
                }
            }
            try await bo.sync()
            #expect(try bo.causes.isEmpty)
            wire.onAnswer(nil)
            _ = try await bo.acknowledge(page)
            try await ada.sync()
            #expect(try ada.causes.contains(.twoHistories))
        }
    }

    @Test("[R11] What the relay's timers do is signed, and what was not due is found out")
    func hostileTimers() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            let log = HostileLog(world, page, bo)
            try await log.inject(timer: .ended(.resolved), by: Ed25519.PrivateKey())
            #expect(try bo.detail(page).page?.status == .open)
            #expect(try bo.wasAlarmed(.invalidEntry(.timer), because: "not signed by the room's relay"))
            #expect(try await ada.acknowledge(page).isAccepted)
            let other = HostileLog(world, page, ada)
            let ack = try required(ada.detail(page).page?.page?.state.acknowledgements.first).digest
            let identity = try world.relayIdentity
            try await other.inject(timer: .void([ack]), by: identity)
            #expect(try ada.causes.contains(.acknowledgementTakenBack))
            try await other.inject(timer: .ended(.resolved), by: identity)
            #expect(try ada.causes.contains(.notDue(.end)))
        }
    }

    @Test("[R11] Whoever was called takes back anybody's acknowledgement, and what holds none is said")
    func unacknowledge() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            guard case .needless = try await bo.unacknowledge(page) else {
                Issue.record("there was nothing to take back")
                return
            }
            #expect(try await ada.acknowledge(page).isAccepted)
            #expect(try await bo.unacknowledge(page, of: member("ada")).isAccepted)
            try await ada.sync()
            #expect(try ada.detail(page).page?.status == .open)
            #expect(try ada.causes.isEmpty)
        }
    }

    @Test("[R12] Where two must agree, one person's word is shown as not seconded, and pages again")
    func twoMustAgree() async throws {
        try await World.with { world in
            let (ada, bo, siem) = (try world.client("ada"), try world.client("bo"), try world.client("siem"))
            var draft = PageDraft.test(key: "k")
            draft.severity = .critical
            let page = try required(try await siem.alert(draft).posted).room
            try await ada.sync()
            #expect(try await ada.resolve(page, note: "false alarm").isAccepted)
            try await bo.sync()
            #expect(try bo.detail(page).page?.status == .notSeconded)
            #expect(try bo.detail(page).page?.notes.map(\.resolution.note) == ["false alarm"])
            world.clock.advance(seconds: 1_800)
            try await world.fireTimers()
            try await bo.sync()
            #expect(try bo.detail(page).page?.status == .open)
            #expect(try await bo.resolve(page, note: "").isAccepted)
            try await ada.sync()
            #expect(try ada.detail(page).page?.status == .resolved)
            #expect(try ada.causes.isEmpty && bo.causes.isEmpty)
        }
    }

    @Test("[R12] Fired again a moment after its sensor ended it, a page goes on; later it is another")
    func firedAgain() async throws {
        try await World.with { world in
            let (ada, siem) = (try world.client("ada"), try world.client("siem"))
            let page = try required(try await siem.alert(.test(key: "k")).posted).room
            try await ada.sync()
            #expect(try await ada.acknowledge(page).isAccepted)
            _ = try await siem.resolveAlert(deduplicationKey: "k", note: "gone")
            try await ada.sync()
            #expect(try ada.detail(page).page?.end?.how == .sensor)
            world.clock.advance(seconds: 300)
            #expect(try await siem.alert(.test(key: "k")).posted?.room == page)
            try await ada.sync()
            #expect(try ada.detail(page).page?.status == .acknowledged)
            _ = try await siem.resolveAlert(deduplicationKey: "k", note: "gone")
            world.clock.advance(seconds: 700)
            let outcome = try await siem.alert(.test(key: "k"))
            #expect(outcome.isPaged && outcome.posted?.room != page)
        }
    }

    @Test("[R12] Fired again where its page cannot be reached any more, an alert is a page of its own, and never lost")
    func firedInVain() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, siem) = (try world.client("ada"), try world.reopen("siem", tap: wire.tap))
            let page = try required(try await siem.alert(.test(key: "k")).posted).room
            try await ada.sync()
            #expect(try await ada.acknowledge(page).isAccepted)
            _ = try await siem.resolveAlert(deduplicationKey: "k", note: "")
            wire.onRequest { request in
                guard request == "POST /v1/rooms/\(page)/entries" else { return }
                throw ClientError(.callListRefused, "the call list does not name the room's relay any more")
            }
            let outcome = try await siem.alert(.test(key: "k"))
            #expect(outcome.isPaged && outcome.posted?.room != page && outcome.posted?.delivery.isAccepted == true)
        }
    }

    @Test("[R11] However often somebody acknowledged, all of it is taken back at once")
    func manyAcknowledgements() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            for _ in 0...RelayAPI.Statement.mostNamed {
                let event = EventID.random()
                let ack = try ada.vault.read { try ada.own.signed(.ack, page, event: event, in: $0) }
                let post = EntryPost(event: event, entryClass: .statement, baseSeq: 0, payload: [UInt8](ack))
                // Not by the client, which would catch up each time: then the relay's rate is what is tried.
                _ = try await bo.link().post(encoded: post.encoded, to: page)
            }
            #expect(try await bo.unacknowledge(page, of: member("ada")).isAccepted)
            try await bo.sync()
            #expect(try bo.detail(page).page?.status == .open)
        }
    }

    @Test("[R12] Reopened within the hour, a page goes on; an unseen one says so loudly")
    func reopened() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            #expect(try await bo.resolve(page, note: "").isAccepted)
            #expect(try await ada.reopen(page).isAccepted)
            try await bo.sync()
            #expect(try bo.detail(page).page?.status == .open)
            world.clock.advance(days: 3)
            try await world.fireTimers()
            try await bo.sync()
            #expect(try bo.detail(page).page?.status == .unseen)
            #expect(try bo.causes.contains(.unseen))
        }
    }

    @Test("[R12] What only the relay calls closed is kept, and said; a page is wiped a day after it is over")
    func closedByRelay() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            let incident = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            try world.tamper("UPDATE rooms SET closed_at = 1")
            try await bo.sync()
            #expect(try bo.causes.count { $0 == .saidClosed } == 2)
            #expect(try bo.record(of: page)?.group != nil && bo.record(of: incident)?.group != nil)
            world.clock.advance(days: 4)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group != nil)
            world.clock.advance(seconds: 3_600)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group == nil && bo.record(of: page)?.head.closed == true)
            #expect(try bo.record(of: incident)?.group != nil)
        }
    }

    @Test("[R12] A relay that signs an end in a thousand years keeps no secrets longer")
    func lateEnd() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            let log = HostileLog(world, page, bo, seconds: 1000 * 365 * 86_400)
            try await log.inject(timer: .ended(.horizon), by: world.relayIdentity)
            world.clock.advance(days: 5)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group == nil)
        }
    }

    @Test("[R18] No clock destroys anything: neither this device's nor the relay's alone wipes a page")
    func clocksDestroyNothing() async throws {
        try await World.with { world in
            let (wire, clock) = (Wire(), SettableClock())
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap, clock: clock))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            try world.tamper("UPDATE rooms SET next_due = NULL")
            clock.advance(days: 200)
            _ = try? await bo.sync()
            #expect(try bo.record(of: page)?.group != nil)
            clock.advance(days: -200)
            world.clock.advance(days: 6)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group != nil)
            clock.advance(days: 6)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group == nil)
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
            // A sensor passes them over, too [R14], and pages them where it may.
            let siem = try world.client("siem")
            let alert = try #require(try await siem.alert(.test(key: "1", tlp: .red)).posted)
            #expect(alert.uncleared.count == 1 && alert.unreachable.isEmpty)
            let mild = try #require(try await siem.alert(.test(key: "2", tlp: .green)).posted)
            #expect(mild.uncleared.isEmpty)
            try await bo.sync()
            #expect(try bo.rooms().map(\.id) == [mild.room] && bo.causes.isEmpty)
            try await world.publish(
                try world.list(members: World.persons, clearance: ["ada": "CLEAR", "bo": "GREEN", "mara": "GREEN"]))
            #expect(try await code { _ = try await ada.page(.test(), policy: "duty") } == .nobodyToPage)
            #expect(try ada.vault.read({ try $0.queuedCount() }) == 0)
        }
    }

    @Test("[R12] A page that is gone leaves no group behind, and is not pulled again")
    func resolved() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            #expect(try await ada.resolve(page, note: "out").isAccepted)
            try await bo.sync()
            #expect(try bo.record(of: page)?.group != nil)
            try await world.passHour()
            for client in [ada, bo] {
                try await client.sync()
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
