import CallList
import Escalation
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// Steps, timers, and what stops and starts them.
@Suite struct EscalationTests {
    private func steps(_ room: RoomID, _ relay: StoreFixture) async throws -> [Int] {
        try await relay.laterSteps(room, for: relay.sensor(0))
    }

    @Test(arguments: Engine.allCases) func timersReleaseStepAfterStep(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<3).map { .init(persons: [[relay.person($0)]], delay: 60) })
        #expect(try await relay.store.nextDue() == Elapsed(seconds: 60))
        #expect(try await relay.store.welcomes(for: relay.person(0).id).count == 1)
        #expect(try await relay.store.welcomes(for: relay.person(1).id).isEmpty)
        #expect(try await relay.store.heads(for: relay.person(1).id).rooms.isEmpty)
        await expect(.notMember) { try await relay.entries(room, for: relay.person(1)) }

        try await relay.pass(seconds: 59.999)
        #expect(try await steps(room, relay).isEmpty)
        try await relay.pass(seconds: 0.001)
        #expect(
            try await relay.timers(room, for: relay.sensor(0)) == [
                .released(step: 0, persons: [PersonHandle(index: 0)]),
                .released(step: 1, persons: [PersonHandle(index: 1)]),
            ])
        #expect(try await relay.store.welcomes(for: relay.person(1).id).map(\.welcome) == [Array("welcome 2".utf8)])
        // Late, the manager still reads the log from the first epoch.
        #expect(try await relay.entries(room, for: relay.person(1)).map(\.seq) == [2, 3, 4])
        try await relay.pass(seconds: 60)
        #expect(try await steps(room, relay) == [2, 3])
        try await relay.pass(seconds: 600)
        #expect(try await steps(room, relay) == [2, 3])
        let release = try await relay.entries(room, for: relay.sensor(0)).last
        #expect(release?.poster.bytes == [UInt8](repeating: 0, count: 16))
    }

    @Test(arguments: Engine.allCases) func overdueStepsFireOneAfterAnother(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<3).map { .init(persons: [[relay.person($0)]], delay: 60) })
        try await relay.pass(seconds: 1_000)
        #expect(try await steps(room, relay) == [2])
        #expect(try await relay.store.nextDue() == relay.moment.passed.most + Elapsed(seconds: 60))
    }

    @Test("[R11] an unack brings the next step when it would have come without the ack", arguments: Engine.allCases)
    func ackStopsAndUnackStartsAgain(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<3).map { .init(persons: [[relay.person($0)]], delay: 60) })
        try await relay.pass(seconds: 30)
        let ack = try await relay.state(.ack, room, by: relay.person(0))
        try await relay.pass(seconds: 600)
        #expect(try await steps(room, relay).isEmpty)
        // That time has passed: it comes at once, and the one after it has its whole delay.
        try await relay.state(.unack([ack]), room, by: relay.person(0))
        #expect(try await steps(room, relay) == [2])
        #expect(try await relay.store.nextDue() == relay.moment.passed.most + Elapsed(seconds: 60))
    }

    @Test("need counts persons, not devices", arguments: Engine.allCases)
    func needCountsPersons(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        // The first person has two devices; two of three persons are needed.
        let persons = [[relay.person(0), relay.person(1)], [relay.person(2)], [relay.person(3)]]
        let room = try await relay.page([
            .init(persons: persons, need: 2), .init(persons: [[relay.person(4)]]), .init(persons: [[relay.person(5)]]),
        ])
        let first = try await relay.state(.ack, room, by: relay.person(0))
        let second = try await relay.state(.ack, room, by: relay.person(1))
        try await relay.pass(seconds: 60)
        #expect(try await steps(room, relay) == [2])
        try await relay.state(.ack, room, by: relay.person(2))
        try await relay.pass(seconds: 600)
        #expect(try await steps(room, relay) == [2])
        // Whoever was called takes back what anybody said; one device's word that holds is the person's.
        try await relay.state(.unack([first]), room, by: relay.person(2))
        try await relay.pass(seconds: 60)
        #expect(try await steps(room, relay) == [2])
        try await relay.state(.unack([second]), room, by: relay.person(2))
        try await relay.pass(seconds: 60)
        #expect(try await steps(room, relay) == [2, 3])
    }

    @Test("[R11] a need of 0 is all who are called", arguments: Engine.allCases, [0, 3] as [UInt16])
    func needOfAll(_ engine: Engine, _ need: UInt16) async throws {
        let relay = try await StoreFixture(engine)
        let all = (0..<3).map { [relay.person($0)] }
        let room = try await relay.page([.init(persons: all, need: need), .init(persons: [[relay.person(4)]])])
        for index in 0..<2 { try await relay.state(.ack, room, by: relay.person(index)) }
        #expect(try await relay.store.nextDue() == Elapsed(seconds: 60))
        try await relay.state(.ack, room, by: relay.person(2))
        #expect(try await relay.store.nextDue() == Elapsed(seconds: 3_600))
    }

    @Test("[R13] who is on call at the release is paged, the others are not", arguments: Engine.allCases)
    func shifts(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (early, late) = (relay.person(1), relay.person(2))
        let plain = Posts.page(
            .random(), [.init(persons: [[relay.person(0)]]), .init(persons: [[early], [late]])])
        let shifts = [Shift(until: 60, persons: [[early.id]]), Shift(from: 60, persons: [[late.id]])]
        try await relay.create(
            RoomCreation(
                room: plain.room, event: plain.event, kind: .page, retention: plain.retention, horizon: plain.horizon,
                close: 1,
                steps: [plain.steps[0], Step(delay: 60, need: 1, shifts: shifts)], entries: plain.entries),
            by: relay.sensor(0))
        try await relay.pass(seconds: 60)
        #expect(try await steps(plain.room, relay) == [2])
        #expect(try await relay.store.welcomes(for: early.id).isEmpty)
        #expect(try await relay.store.welcomes(for: late.id).count == 1)
        await expect(.notMember) { try await relay.entries(plain.room, for: early) }
    }

    @Test("[R13] a skipped step is released once somebody is on call for it", arguments: Engine.allCases)
    func laterShift(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let plain = Posts.page(.random(), [.init(persons: [[relay.person(0)]]), .init(persons: [[relay.person(1)]])])
        let first = Step(delay: 0, need: 1, shifts: [Shift(from: 600, persons: [[relay.person(0).id]])])
        try await relay.create(
            RoomCreation(
                room: plain.room, event: plain.event, kind: .page, retention: plain.retention, horizon: plain.horizon,
                close: 1,
                steps: [first, plain.steps[1]], entries: plain.entries), by: relay.sensor(0))
        // Nobody is on call for the first, so the second comes at once.
        #expect(try await relay.store.welcomes(for: relay.person(0).id).isEmpty)
        #expect(try await relay.store.welcomes(for: relay.person(1).id).count == 1)
        try await relay.pass(seconds: 599)
        #expect(try await relay.store.welcomes(for: relay.person(0).id).isEmpty)
        try await relay.pass(seconds: 1)
        #expect(try await relay.store.welcomes(for: relay.person(0).id).count == 1)
    }

    @Test("[R13] a step that calls nobody is skipped at once, whatever need it states", arguments: Engine.allCases)
    func emptySteps(_ engine: Engine) async throws {
        for need in [UInt16(0), 1] {
            let relay = try await StoreFixture(engine)
            let empty = Posts.Step(persons: [], need: need)
            let room = try await relay.page([
                empty, empty, .init(persons: [[relay.person(0)]]), empty, .init(persons: [[relay.person(1)]]),
            ])
            #expect(try await steps(room, relay) == [2, 3])
            #expect(try await relay.store.nextDue() == Elapsed(seconds: 60))
            try await relay.pass(seconds: 60)
            #expect(try await steps(room, relay) == [2, 3, 4, 5])
        }
    }

    @Test(arguments: Engine.allCases) func escalateReleasesAtOnce(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<3).map { .init(persons: [[relay.person($0)]]) })
        await expect(.statementRefused) { try await relay.state(.escalate, room, by: relay.sensor(0)) }
        try await relay.state(.escalate, room, by: relay.person(0))
        #expect(try await relay.store.nextDue() == Elapsed(seconds: 60))
        try await relay.state(.escalate, room, by: relay.person(1))
        #expect(try await steps(room, relay) == [2, 3])
        await expect(.stepNotAvailable) { try await relay.state(.escalate, room, by: relay.person(0)) }
    }

    @Test(arguments: Engine.allCases) func escalateOfAnAcknowledgedPageArmsNoTimer(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<3).map { .init(persons: [[relay.person($0)]]) })
        try await relay.state(.ack, room, by: relay.person(0))
        try await relay.state(.escalate, room, by: relay.person(0))
        try await relay.pass(seconds: 600)
        #expect(try await steps(room, relay) == [2])
    }

    @Test("[R12] at its horizon a page ends: unseen where nobody has it", arguments: Engine.allCases, [false, true])
    func horizon(_ engine: Engine, _ isAcknowledged: Bool) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]], delay: 600) }, horizon: 300)
        if isAcknowledged { try await relay.state(.ack, room, by: relay.person(0)) }
        try await relay.pass(seconds: 299)
        #expect(try await relay.timers(room, for: relay.person(0)).count == 1)
        try await relay.pass(seconds: 1)
        let end = TimerEntry.ended(isAcknowledged ? .horizon : .unseen)
        #expect(try await relay.timers(room, for: relay.person(0)).last == end)
        await expect(.roomClosed) { try await relay.state(.escalate, room, by: relay.person(0)) }
        try await relay.pass(seconds: 3_600)
        #expect(try await relay.store.heads(for: relay.person(0).id).rooms.first?.closed == true)
        #expect(try await steps(room, relay).isEmpty)
    }

    @Test("[R11] a new call list makes every open page look who is left", arguments: Engine.allCases)
    func newList(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]], delay: 60) })
        try await relay.state(.ack, room, by: relay.person(0))
        let without = try relay.world.list(
            relay.world.bundle(2, without: [relay.person(0)], previous: relay.list))
        try await relay.pass(seconds: 90, under: without)
        #expect(try await steps(room, relay).isEmpty)
        relay.forgetNotices()
        try await relay.store.makePagesDue()
        #expect(relay.notices == [.timers])
        try await relay.pass(seconds: 0, under: without)
        #expect(try await steps(room, relay) == [2])
    }

    @Test(arguments: Engine.allCases) func timersOfManyRoomsFireTogether(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        var rooms: [RoomID] = []
        for _ in 0..<50 {
            rooms.append(try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]]) }))
        }
        try await relay.pass(seconds: 60)
        for room in rooms { #expect(try await steps(room, relay) == [2]) }
    }

    @Test("what the last step's people do not acknowledge ends with the horizon", arguments: Engine.allCases)
    func lastStep(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        _ = try await relay.page([.init(persons: [[relay.person(0)]])])
        #expect(try await relay.store.nextDue() == Elapsed(seconds: 3_600))
    }
}
