import CallList
import Escalation
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// The relay's clock is wrong, for a moment or for good, by hours, days, 200 days [R18].
@Suite("[R18] no clock destroys anything, and no clock delays a page")
struct ClockTests {
    private func page(_ relay: StoreFixture) async throws -> RoomID {
        try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]], delay: 60) }, horizon: 3_600)
    }

    private func isCalled(_ index: Int, _ relay: StoreFixture) async throws -> Bool {
        try await !relay.store.welcomes(for: relay.person(index).id).isEmpty
    }

    @Test(
        "ahead when the page was made, and set right: the next step comes when it would have",
        arguments: [3_600.0, 345_600, 17_280_000])
    func setRight(_ step: Double) async throws {
        let relay = try await StoreFixture(.sqlite)
        relay.clock.set(seconds: step)
        _ = try await page(relay)
        relay.clock.set(seconds: -step)
        try await relay.pass(seconds: 59)
        #expect(try await !isCalled(1, relay))
        try await relay.pass(seconds: 1)
        #expect(try await isCalled(1, relay))
    }

    @Test("behind for good: steps come when they would have", arguments: [3_600.0, 345_600, 17_280_000])
    func behind(_ step: Double) async throws {
        let relay = try await StoreFixture(.sqlite)
        relay.clock.set(seconds: -step)
        _ = try await page(relay)
        try await relay.pass(seconds: 60)
        #expect(try await isCalled(1, relay))
    }

    @Test(
        "far ahead for a moment: nothing is deleted, nobody is refused, the page goes on",
        arguments: [3_600.0, 345_600, 17_280_000])
    func aheadForAMoment(_ step: Double) async throws {
        let relay = try await StoreFixture(.sqlite)
        let (owner, author) = (relay.person(0), relay.sensor(0))
        try await KeyPackageTests.upload([1], of: owner, to: relay)
        let room = try await page(relay)
        let post = Posts.message(2, "kept")
        let first = try await relay.post(post, to: room, by: owner)
        relay.clock.set(seconds: step)
        try await relay.pass(seconds: 1)
        // No step is late; that one is early cannot be told from here.
        #expect(try await isCalled(1, relay))
        // Where the clock is still ahead, what is to be called can be called.
        let claim = KeyPackageClaim(claim: .random(), devices: [owner.id])
        let claimed = try await relay.store.claim(
            claim, by: author.device, under: relay.list, limits: relay.limits, at: relay.moment)
        #expect(claimed.missing.isEmpty)
        #expect(try Directory(relay.list).device(owner.id, at: relay.moment).id == owner.id)
        relay.clock.set(seconds: -step)
        try await relay.pass(seconds: 1)
        // The page did not end at its horizon, and an answer that was kept for a retry is there.
        #expect(try await relay.timers(room, for: author).allSatisfy { if case .ended = $0 { false } else { true } })
        #expect(try await relay.post(post, to: room, by: owner) == first)
        try await relay.state(.ack, room, by: owner)
    }

    @Test("started again with a clock behind the last tick: what waits is due, and is not twice")
    func startedBehind() async throws {
        let relay = try await StoreFixture(.sqlite)
        let room = try await page(relay)
        try await relay.pass(seconds: 5)
        #expect(try await relay.store.wakeWhatWaits(at: relay.moment, under: relay.list).isEmpty)
        #expect(try await isCalled(1, relay))
        // By then its readings are what was due: a reader folds the same.
        let released = try await relay.entries(room, for: relay.sensor(0)).last { $0.entryClass == .timer }
        let readings = try SignedTimerEntry(decoding: #require(released).payload).readings
        #expect(readings == Readings(most: Elapsed(seconds: 60), least: Elapsed(seconds: 5)))
        #expect(try await relay.store.wakeWhatWaits(at: relay.moment, under: relay.list).isEmpty)
        #expect(try await relay.laterSteps(room, for: relay.sensor(0)) == [2])
        // What comes after it goes on from there.
        try await relay.pass(seconds: 10)
        try await relay.state(.ack, room, by: relay.person(0))
        let ack = try await relay.entries(room, for: relay.sensor(0)).last { $0.entryClass == .statement }
        #expect(
            try StampedStatement(decoding: #require(ack).payload).readings
                == Readings(most: Elapsed(seconds: 70), least: Elapsed(seconds: 15)))
    }

    @Test("what is kept of the time is there after a start")
    func keptTick() async throws {
        let relay = try await StoreFixture(.sqlite)
        #expect(try await relay.store.tick() == nil)
        let clock = RelayClock(relay.clock.sources, last: nil)
        relay.clock.advance(seconds: 60)
        relay.clock.set(seconds: 3_600)
        try await relay.store.keep(clock.tick)
        #expect(try await relay.store.tick() == clock.tick)
        #expect(clock.tick.passed == Readings(most: Elapsed(seconds: 3_660), least: Elapsed(seconds: 60)))
    }
}
