import CallList
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing

@testable import Relay

/// Logs: numbers, chains, conflicts, retries.
@Suite struct RoomTests {
    @Test(arguments: Engine.allCases) func creationNumbersAndChainsItsEntries(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = RoomID.random()
        let accepted = try await relay.create(
            Posts.page(room, [.init(persons: [[relay.person(0)]])]), by: relay.sensor(0))
        #expect(accepted.map(\.seq) == [1, 2])
        for text in ["a", "b", "c"] { try await relay.post(Posts.message(2, text), to: room, by: relay.sensor(0)) }
        let entries = try await relay.entries(room, for: relay.sensor(0))
        #expect(entries.map(\.seq) == [1, 2, 3, 4, 5, 6])
        var chain = LogChain.start(room: room)
        for entry in entries {
            chain = LogChain.next(
                chain, seq: entry.seq, time: entry.time, poster: entry.poster, entryClass: entry.entryClass,
                payload: entry.payload)
            #expect(entry.chain == chain)
        }
        #expect(accepted.map(\.chain) == entries.prefix(2).map(\.chain))
    }

    @Test(arguments: Engine.allCases) func roomsHaveNumbersOfTheirOwn(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (one, two) = (try await relay.incident([0, 1]), try await relay.incident([0, 1]))
        for base in 1...5 {
            #expect(try await relay.post(Posts.message(1), to: one, by: relay.person(0)).seq == UInt64(base) + 1)
        }
        #expect(try await relay.post(Posts.message(1), to: two, by: relay.person(1)).seq == 2)
    }

    @Test("[R18] a log's times are what the clock said, also where it was set back", arguments: Engine.allCases)
    func timeStepsBack(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        relay.clock.set(seconds: -3_600)
        let accepted = try await relay.post(Posts.message(1), to: room, by: relay.person(0))
        #expect(accepted.time == Timestamp(milliseconds: World.start.milliseconds - 3_600_000) && accepted.seq == 2)
    }

    @Test("[R3] 409 exactly when a commit-class entry has a later number", arguments: Engine.allCases)
    func conflicts(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page([.init(persons: [[relay.person(0)], [relay.person(1)]])])
        let (a, b) = (relay.person(0), relay.person(1))
        // Messages, statements and releases in between are no conflict.
        try await relay.post(Posts.message(1), to: room, by: a)
        try await relay.post(try Posts.statement(.ack, in: room, by: a), to: room, by: a)
        #expect(try await relay.post(Posts.commit(1), to: room, by: b).seq == 6)
        await expect(.commitConflict) { try await relay.post(Posts.commit(5), to: room, by: a) }
        await expect(.commitConflict) { try await relay.post(Posts.message(5), to: room, by: a) }
        #expect(try await relay.post(Posts.message(6), to: room, by: a).seq == 7)
        #expect(try await relay.post(Posts.commit(6), to: room, by: a).seq == 8)
        // A statement is of no epoch: a commit does not hold an acknowledgement up.
        #expect(try await relay.post(try Posts.statement(.ack, in: room, by: b), to: room, by: b).seq == 9)
    }

    @Test(arguments: Engine.allCases) func conflictTellsTheHead(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        try await relay.post(Posts.commit(1), to: room, by: relay.person(0))
        try await relay.post(Posts.message(2), to: room, by: relay.person(0))
        let problem = await #expect(throws: Problem.self) {
            try await relay.post(Posts.commit(1), to: room, by: relay.person(1))
        }
        #expect(problem?.head == 3)
    }

    @Test(arguments: Engine.allCases) func baseBeyondTheHeadIsInvalid(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        for base in [2, UInt64(Int64.max) + 1, .max] {
            await expect(.baseSequenceInvalid) {
                try await relay.post(Posts.message(base), to: room, by: relay.person(0))
            }
        }
        #expect(try await relay.entries(room, for: relay.person(0)).count == 1)
    }

    @Test("[R5] sensors never commit", arguments: Engine.allCases)
    func sensorsNeverCommit(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page([.init(persons: [[relay.person(0)]])])
        await expect(.sensorMayNotCommit) { try await relay.post(Posts.commit(2), to: room, by: relay.sensor(0)) }
        #expect(try await relay.post(Posts.message(2), to: room, by: relay.sensor(0)).seq == 4)
    }

    @Test("sensors make pages only", arguments: Engine.allCases)
    func sensorsMakeNoIncidentRooms(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = RoomID.random()
        await expect(.sensorMayNotCommit) {
            try await relay.create(Posts.incident(room, adding: [relay.person(0)]), by: relay.sensor(0))
        }
        await expect(.roomUnknown) { try await relay.entries(room, for: relay.sensor(0)) }
        #expect(try await relay.store.welcomes(for: relay.person(0).id).isEmpty)
    }

    @Test(arguments: Engine.allCases) func strangersGetNothing(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        await expect(.notMember) { try await relay.post(Posts.message(1), to: room, by: relay.person(2)) }
        await expect(.notMember) { try await relay.entries(room, for: relay.person(2)) }
        await expect(.notMember) { try await relay.state(.escalate, room, by: relay.person(2)) }
        await expect(.roomUnknown) { try await relay.post(Posts.message(1), to: .random(), by: relay.person(0)) }
        await expect(.malformedRequest) {
            try await relay.post(
                EntryPost(event: .random(), entryClass: .timer, baseSeq: 1, payload: [1, 1]), to: room,
                by: relay.person(0))
        }
    }

    @Test(arguments: Engine.allCases) func addsMustBeOnTheList(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let stranger = try DeviceKeys.generate(kind: .person)
        await expect(.memberNotListed) {
            try await relay.create(Posts.incident(.random(), adding: [stranger]), by: relay.person(0))
        }
        let room = try await relay.incident([0, 1])
        await expect(.memberNotListed) {
            try await relay.post(Posts.commit(1, adds: [stranger]), to: room, by: relay.person(0))
        }
        #expect(try await relay.entries(room, for: relay.person(0)).count == 1)
    }

    @Test(arguments: Engine.allCases) func sensorsHaveABudgetOfOpenRooms(_ engine: Engine) async throws {
        var limits = RelayLimits()
        limits.openRoomsPerSensor = 1
        let relay = try await StoreFixture(engine, limits: limits)
        let room = try await relay.page([.init(persons: [[relay.person(0)]])])
        let second = Posts.page(.random(), [.init(persons: [[relay.person(0)]])])
        let problem = await #expect(throws: Problem.self) { try await relay.create(second, by: relay.sensor(0)) }
        #expect(problem?.code == .limitReached && problem?.detail?.contains("at most 1 rooms open") == true)
        // A page that has ended is kept for an hour, and counts no more.
        try await relay.state(.resolved, room, by: relay.person(0))
        try await relay.create(second, by: relay.sensor(0))
        // So does the horizon; and the refusal was no first answer.
        let third = Posts.page(.random(), [.init(persons: [[relay.person(0)]])])
        await expect(.limitReached) { try await relay.create(third, by: relay.sensor(0)) }
        // Each sensor has its own.
        try await relay.create(Posts.page(.random(), [.init(persons: [[relay.person(0)]])]), by: relay.sensor(1))
        try await relay.pass(seconds: 3_600)
        try await relay.create(third, by: relay.sensor(0))
    }

    @Test(arguments: Engine.allCases) func largeAnswersComeInParts(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let payload = [UInt8](repeating: 7, count: 3 << 20)
        for _ in 0..<3 {
            try await relay.post(
                EntryPost(event: .random(), entryClass: .message, baseSeq: 1, parent: 1, payload: payload), to: room,
                by: relay.person(0))
        }
        let page = try await relay.store.entries(of: room, after: 1, limit: 100, for: relay.person(0).id)
        // Two would be more than an answer holds, and one is never too many.
        #expect(page.entries.map(\.seq) == [2])
        #expect(page.head == 4)
        #expect(try await relay.entries(room, for: relay.person(0), after: .max).isEmpty)
    }
}
