import CallList
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// What waits for a device comes newest first, a bounded part at a time, and all of it.
@Suite struct WelcomeOrderTests {
    /// All that waits, read as a client does: on from the last one, until nothing comes.
    private func readAll(_ relay: StoreFixture, _ device: DeviceID, limit: Int) async throws -> [[PendingWelcome]] {
        var answers: [[PendingWelcome]] = []
        var last: WelcomePosition?
        while true {
            let answer = try await relay.store.welcomes(for: device, after: last, limit: limit)
            guard let end = answer.last else { return answers }
            last = WelcomePosition(place: end.place, seq: end.seq)
            answers.append(answer)
        }
    }

    @Test("the newest room comes first, and no answer holds more than was asked for", arguments: Engine.allCases)
    func newestFirst(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        var rooms: [RoomID] = []
        for _ in 0..<70 { rooms.append(try await relay.incident([0, 1])) }
        let answers = try await readAll(relay, relay.person(1).id, limit: 16)
        #expect(answers.map(\.count) == [16, 16, 16, 16, 6])
        #expect(answers.joined().map(\.room) == rooms.reversed())
        // One that was read in between does not move the others.
        try await relay.store.update(
            CursorUpdate(cursors: [.init(room: rooms[60], seq: 1)]), of: relay.person(1).device)
        let rest = try await relay.store.welcomes(
            for: relay.person(1).id, after: .init(place: answers[0][15].place, seq: answers[0][15].seq), limit: 100)
        #expect(rest.map(\.room) == rooms.prefix(54).reversed())
    }

    @Test("a page that was staged long ago is the newest once it calls", arguments: Engine.allCases)
    func releaseCounts(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let staged = try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]]) })
        let later = try await relay.incident([0, 1])
        let device = relay.person(1).id
        #expect(try await relay.store.welcomes(for: device).map(\.room) == [later])
        #expect(try await relay.store.heads(for: device).pendingWelcomes == 1)
        try await relay.pass(seconds: 60)
        #expect(try await relay.store.welcomes(for: device).map(\.room) == [staged, later])
        #expect(try await relay.store.heads(for: device).pendingWelcomes == 2)
    }

    @Test(
        "[R3] of one room the genuine Welcome comes before later ones, also across answers", arguments: Engine.allCases)
    func logOrderWithinARoom(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (first, last) = (try await relay.incident([0, 1]), try await relay.incident([0, 1]))
        // Added again later than both rooms: these Welcomes come with their room's, not before all.
        for seq in [1, 3] as [UInt64] {
            let (lead, device) = (relay.person(0), relay.person(1))
            try await relay.post(Posts.commit(seq, parent: seq, removes: [device]), to: first, by: lead)
            try await relay.post(Posts.commit(seq + 1, parent: seq + 1, adds: [device]), to: first, by: lead)
        }
        for limit in [1, 2, 3, 100] {
            let read = try await readAll(relay, relay.person(1).id, limit: limit)
            #expect(read.allSatisfy { $0.count <= limit })
            #expect(read.joined().map(\.room) == [last, first, first, first])
            #expect(read.joined().map(\.seq) == [1, 1, 3, 5])
        }
    }

    @Test(arguments: Engine.allCases) func largeWelcomesComeInParts(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        for _ in 0..<3 {
            let welcome = WelcomeDelivery(
                step: 0, devices: [relay.person(1).id], welcome: [UInt8](repeating: 7, count: 3 << 20))
            let room = RoomID.random()
            let creation = Posts.incident(room, adding: [])
            try await relay.create(
                RoomCreation(
                    room: room, event: creation.event, kind: .incident, retention: 60, horizon: 0, close: 0, steps: [],
                    entries: [Posts.commit(parent: 0, adds: [relay.person(1)], welcomes: [welcome])]),
                by: relay.person(0))
        }
        #expect(try await readAll(relay, relay.person(1).id, limit: 100).map(\.count) == [1, 1, 1])
    }

    // MARK: Heads

    @Test("a closed room is told until the device says that it has all of it", arguments: Engine.allCases)
    func closedRoomsAreLeftOut(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let device = relay.person(0).device
        var rooms: [RoomID] = []
        for _ in 0..<20 { rooms.append(try await relay.page([.init(persons: [[relay.person(0)]])])) }
        let open = try await relay.incident([1, 0])
        func told() async throws -> [RoomID] { try await relay.store.heads(for: device.id).rooms.map(\.room) }
        func report(_ seq: UInt64) async throws {
            try await relay.store.update(CursorUpdate(cursors: rooms.map { .init(room: $0, seq: seq) }), of: device)
        }
        // Newest first.
        #expect(try await told() == [open] + rooms.reversed())
        try await report(3)
        for room in rooms { try await relay.state(.resolved, room, by: relay.person(0)) }
        try await relay.pass(seconds: 3_600)
        // Neither what was read before the closing, nor a part of it, is all of it.
        try await report(3)
        #expect(try await told().count == 21)
        try await report(.max)
        #expect(try await told() == [open])
        // For the others it goes on.
        #expect(try await relay.store.heads(for: relay.sensor(0).id).rooms.count == 20)
    }

    @Test("an ended page is told until the device says that it has all of it, and again where it goes on")
    func endedPagesAreLeftOut() async throws {
        let relay = try await StoreFixture(.sqlite)
        let (first, second) = (relay.person(0), relay.person(1))
        let room = try await relay.page([.init(persons: [[first], [second]])])
        func told(_ keys: DeviceKeys) async throws -> [Heads.Room] { try await relay.store.heads(for: keys.id).rooms }
        func report(_ keys: DeviceKeys) async throws {
            try await relay.store.update(
                CursorUpdate(cursors: [.init(room: room, seq: .max)]), of: keys.device)
        }
        for keys in [first, second] { try await report(keys) }
        #expect(try await told(first).map(\.ended) == [false])
        try await relay.state(.resolved, room, by: first)
        #expect(try await told(first).map(\.ended) == [true])
        try await report(first)
        #expect(try await told(first).isEmpty)
        #expect(try await told(second).count == 1)
        try await relay.state(.reopen, room, by: second)
        #expect(try await told(first).map(\.ended) == [false])
        try await report(first)
        #expect(try await told(first).count == 1)
        try await relay.state(.resolved, room, by: first)
        for keys in [first, second] { try await report(keys) }
        for keys in [first, second] { #expect(try await told(keys).isEmpty) }
        // Its hour is over: that is to be known, too.
        try await relay.pass(seconds: 3_600)
        for keys in [first, second] { #expect(try await told(keys).map(\.closed) == [true]) }
    }

    @Test("who is added again is told of the room again", arguments: Engine.allCases)
    func addedAgain(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        let device = relay.person(1)
        try await relay.post(Posts.commit(1, removes: [device]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(2, parent: 2), to: room, by: relay.person(2))
        try await relay.store.update(CursorUpdate(cursors: [.init(room: room, seq: 2)]), of: device.device)
        #expect(try await relay.store.heads(for: device.id).rooms.isEmpty)
        try await relay.post(Posts.commit(2, parent: 2, adds: [device]), to: room, by: relay.person(0))
        #expect(try await relay.store.heads(for: device.id).rooms.map(\.head) == [4])
    }
}
