import CallList
import Escalation
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R12] What ends a page, and what does not.
@Suite struct EndingTests {
    /// A page by the first sensor, which calls two persons and stages one.
    private func page(_ relay: StoreFixture, close: UInt16 = 1) async throws -> RoomID {
        try await relay.page(
            [.init(persons: [[relay.person(0)], [relay.person(1)]]), .init(persons: [[relay.person(2)]])], close: close)
    }

    private func ending(_ room: RoomID, _ relay: StoreFixture) async throws -> Ending? {
        let endings = try await relay.timers(room, for: relay.person(0)).compactMap { entry -> Ending? in
            if case .ended(let how) = entry { how } else { nil }
        }
        return endings.last
    }

    @Test("a person who was called ends a page, by a signed word in the log", arguments: Engine.allCases)
    func resolved(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        await expect(.notMember) { try await relay.state(.resolved, room, by: relay.person(2)) }
        await expect(.notMember) { try await relay.state(.resolved, room, by: relay.sensor(1)) }
        try await relay.state(.resolved, room, by: relay.person(1))
        #expect(try await ending(room, relay) == .resolved)
        await expect(.roomClosed) { try await relay.state(.ack, room, by: relay.person(0)) }
        // The staged step is not called, and what is withheld stays for an hour.
        try await relay.pass(seconds: 3_599)
        #expect(try await relay.store.entries(of: room, after: 0, limit: 1, for: relay.person(0).id).closed == false)
        try await relay.pass(seconds: 1)
        #expect(try await relay.store.entries(of: room, after: 0, limit: 1, for: relay.person(0).id).closed)
        #expect(try await relay.timers(room, for: relay.person(0)).last == .gone)
        #expect(try await relay.store.welcomes(for: relay.person(2).id).isEmpty)
    }

    @Test("where two must agree, one called device ends nothing, and pages again", arguments: Engine.allCases)
    func twoMustAgree(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay, close: 2)
        try await relay.state(.resolved, room, by: relay.person(0))
        #expect(try await ending(room, relay) == nil)
        try await relay.pass(seconds: 1_800)
        #expect(try await relay.timers(room, for: relay.person(0)).contains(.alone))
        // Its steps go on as if nobody had it.
        #expect(try await relay.store.welcomes(for: relay.person(2).id).count == 1)
        try await relay.state(.resolved, room, by: relay.person(2))
        #expect(try await ending(room, relay) == .resolved)
    }

    @Test("a sensor's word ends only what people have acknowledged, and waits for them", arguments: Engine.allCases)
    func sensor(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        try await relay.state(.resolved, room, by: relay.sensor(0))
        #expect(try await ending(room, relay) == nil)
        try await relay.pass(seconds: 60)
        #expect(try await relay.laterSteps(room, for: relay.person(0)) == [2])
        try await relay.state(.ack, room, by: relay.person(0))
        #expect(try await ending(room, relay) == .sensor)
        // Fired again within ten minutes it is the same page; later it is refused, and so makes one of its own.
        try await relay.pass(seconds: 600)
        try await relay.state(.fired, room, by: relay.sensor(0))
        await expect(.statementRefused) { try await relay.state(.fired, room, by: relay.person(0)) }
        try await relay.state(.resolved, room, by: relay.sensor(0))
        try await relay.pass(seconds: 601)
        await expect(.roomClosed) { try await relay.state(.fired, room, by: relay.sensor(0)) }
    }

    @Test("reopened within the hour, a page goes on as if nobody had closed it", arguments: Engine.allCases)
    func reopened(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        try await relay.state(.resolved, room, by: relay.person(0))
        try await relay.pass(seconds: 3_000)
        try await relay.state(.reopen, room, by: relay.person(1))
        // The next step was due long ago.
        #expect(try await relay.laterSteps(room, for: relay.person(0)) == [2])
        #expect(try await relay.store.welcomes(for: relay.person(2).id).count == 1)
        try await relay.pass(seconds: 600)
        #expect(try await ending(room, relay) == .unseen)
    }

    @Test("messages end nothing, whatever they say", arguments: Engine.allCases)
    func messages(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        try await relay.post(Posts.message(2, "it is over"), to: room, by: relay.person(0))
        try await relay.pass(seconds: 60)
        #expect(try await relay.laterSteps(room, for: relay.person(0)) == [2])
    }

    @Test("nobody states anything about an incident room", arguments: Engine.allCases)
    func incidentRooms(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        for kind in [.ack, .resolved, .escalate] as [Statement.Kind] {
            await expect(.statementRefused) { try await relay.state(kind, room, by: relay.person(1)) }
        }
    }
}
