import Foundation
import Incident
import MLS
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
