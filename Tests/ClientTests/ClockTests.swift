import Foundation
import Incident
import MLS
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Client

/// One wrong clock, for one command or for good.
@Suite("[R18] a device's clock that is wrong keeps nobody from being paged") struct ClockTests {
    private func clock(_ days: Double) -> SettableClock {
        let clock = SettableClock()
        clock.advance(days: days)
        return clock
    }

    @Test(
        "a responder's, for one command: every later page can still be opened",
        arguments: [-200.0, -4, -0.2, 0.2, 4, 200])
    func oneCommand(_ days: Double) async throws {
        try await World.with { world in
            let (siem, bo) = (try world.client("siem"), try world.client("bo"))
            let early = try #require(try await siem.alert(.test("early", key: "1")).posted).room
            try await world.reopen("bo", clock: clock(days)).sync()
            let late = try #require(try await siem.alert(.test("late", key: "2")).posted)
            #expect(late.unreachable.isEmpty)
            try await bo.sync()
            #expect(try Set(bo.rooms().map(\.id)) == [early, late.room])
            #expect(try await bo.acknowledge(late.room).isAccepted)
        }
    }

    @Test(
        "a responder's, for good: they read the page, and acknowledge it", arguments: [-200.0, -4, -0.2, 0.2, 4, 200])
    func forGood(_ days: Double) async throws {
        try await World.with { world in
            let (siem, ada) = (try world.client("siem"), try world.client("ada"))
            let bo = try world.reopen("bo", clock: clock(days))
            try await bo.sync()
            let page = try #require(try await siem.alert(.test()).posted).room
            try await bo.sync()
            // It is said, and where the call list shows it, whose clock it is.
            let isBehind = days < 0
            #expect(
                try bo.wasAlarmed(
                    .clocksDiffer, because: isBehind ? "this device's is behind" : "ahead of the relay's; one of them"))
            #expect(try await bo.acknowledge(page).isAccepted)
            try await ada.sync()
            #expect(try ada.detail(page).page?.status == .acknowledged)
        }
    }

    @Test("a sensor's: all whom it pages are called", arguments: [-200.0, -4, -0.2, 0.2, 4, 200])
    func sensor(_ days: Double) async throws {
        try await World.with { world in
            let bo = try world.client("bo")
            let posted = try #require(try await world.reopen("siem", clock: clock(days)).alert(.test()).posted)
            #expect(posted.delivery.isAccepted && posted.unreachable.isEmpty)
            try await bo.sync()
            #expect(try bo.rooms().map(\.id) == [posted.room])
        }
    }

    @Test(
        "a relay's, beyond everybody's terms: who is paged is called, reads it, and acknowledges",
        arguments: [400.0, 4_000])
    func relayAhead(_ days: Double) async throws {
        try await World.with { world in
            let time = SettableClock()
            let (siem, bo, ada) = (
                try world.reopen("siem", clock: time), try world.reopen("bo", clock: time),
                try world.reopen("ada", clock: time)
            )
            world.clock.set(seconds: days * 86_400)
            let posted = try #require(try await siem.alert(.test()).posted)
            #expect(posted.delivery.isAccepted && posted.unreachable.isEmpty)
            let paged = try await ada.page(.test("more"), policy: "duty")
            #expect(paged.delivery.isAccepted)
            try await bo.sync()
            #expect(try Set(bo.rooms().map(\.id)) == [posted.room, paged.room])
            #expect(try await bo.acknowledge(posted.room).isAccepted)
            #expect(try bo.wasAlarmed(.clocksDiffer, because: "behind the relay's; one of them"))
        }
    }

    @Test("a relay's, days behind and then set right: an open page is still there, and that the clock moved is said")
    func relaySetRight() async throws {
        try await World.with { world in
            let time = SettableClock()
            let (siem, bo) = (try world.reopen("siem", clock: time), try world.reopen("bo", clock: time))
            world.clock.set(seconds: -20 * 86_400)
            let page = try #require(try await siem.alert(.test(key: "1")).posted).room
            try await bo.sync()
            world.clock.set(seconds: 20 * 86_400)
            try await bo.sync()
            try await siem.sync()
            #expect(try await bo.acknowledge(page).isAccepted)
            world.clock.set(seconds: -4 * 86_400)
            _ = try await siem.alert(.test(key: "1"))
            try await bo.sync()
            #expect(try bo.wasAlarmed(.timeSteppedBack, because: "is 4 d before the one before it"))
        }
    }

    @Test("an author's: said by those who read, and not where something just waited to be sent")
    func authors() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            let wire = Wire()
            wire.onRequest { request in
                if request.hasSuffix("/entries") { throw Problem(code: .unavailable, title: "no", status: 503) }
            }
            _ = try await world.reopen("bo", tap: wire.tap).send("waits", tlp: nil, to: room)
            world.clock.advance(seconds: 3_600)
            try await bo.sync()
            try await ada.sync()
            #expect(try ada.notes(room) == ["waits"] && ada.causes.isEmpty)
            let (ahead, behind) = (SettableClock(), SettableClock())
            ahead.advance(days: 4.1)
            behind.advance(days: -4.1)
            _ = try await world.reopen("bo", clock: ahead).send("ahead", tlp: nil, to: room)
            try await ada.sync()
            #expect(try ada.wasAlarmed(.authorsClockDiffers, because: "4 d ahead of"))
            _ = try await world.reopen("ada", clock: behind).addMembers([member("mara")], to: room)
            try await bo.sync()
            #expect(try bo.wasAlarmed(.authorsClockDiffers, because: "4 d behind"))
        }
    }

    @Test("clocks that go together within minutes are no alarm; a relay's that is behind its own list is named")
    func together() async throws {
        try await World.with { world in
            let time = SettableClock()
            let bo = try world.reopen("bo", clock: time)
            time.set(seconds: 299)
            try await bo.sync()
            #expect(try bo.alarms().isEmpty)
            world.clock.set(seconds: -86_400)
            try await bo.sync()
            #expect(try bo.wasAlarmed(.clocksDiffer, because: "the relay's is behind"))
        }
    }

    @Test(
        "a relay that says any time at all ends no program, and makes no key packages for ages",
        arguments: [0, UInt64.max])
    func anyTime(_ time: UInt64) async throws {
        try await World.with { world in
            let wire = Wire()
            wire.onAnswer { _, answer in
                guard var json = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any],
                    json["time"] != nil
                else { return answer }
                json["time"] = time
                return [UInt8](try JSONSerialization.data(withJSONObject: json))
            }
            let bo = try world.reopen("bo", tap: wire.tap)
            try await bo.sync()
            let lifetime = bo.own.keyPackageLifetime
            let now = UInt64(world.clock.date.timeIntervalSince1970)
            #expect(lifetime.notBefore <= now && lifetime.notAfter > now && lifetime.notAfter < now + 3 * 365 * 86_400)
            #expect(try bo.wasAlarmed(.clocksDiffer, because: "730 d"))
        }
    }

    @Test("[R14] an ended membership skips that person, loudly; the others are called, also by a sensor")
    func endedMembership() async throws {
        try await World.with { world in
            let ends = world.clock.date.addingTimeInterval(86_400)
            try await world.publish(try world.list(members: World.persons, expires: ["bo": ends]))
            let (siem, ada) = (try world.client("siem"), try world.client("ada"))
            world.clock.advance(days: 2)
            let posted = try #require(try await siem.alert(.test()).posted)
            #expect(posted.delivery.isAccepted && posted.unreachable.count == 1)
            let paged = try await ada.page(.test(), policy: "duty")
            #expect(paged.delivery.isAccepted && paged.unreachable == ["Bo Example"])
            try await ada.sync()
            #expect(try Set(ada.rooms().map(\.id)) == [posted.room, paged.room])
        }
    }
}
