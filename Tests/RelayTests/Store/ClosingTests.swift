import CallList
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R12] Who may close what, and with what.
@Suite struct ClosingTests {
    /// A page by the first sensor, which calls two persons and stages one, with the second sensor as a member.
    private func page(_ relay: StoreFixture) async throws -> RoomID {
        let room = try await relay.page([
            .init(persons: [[relay.person(0)], [relay.person(1)], [relay.sensor(1)]]),
            .init(persons: [[relay.person(2)]]),
        ])
        return room
    }

    private func close(_ room: RoomID, by keys: DeviceKeys, _ relay: StoreFixture) async throws {
        _ = try await relay.store.close(room, by: keys.device, at: relay.clock.now)
    }

    private func isClosed(_ room: RoomID, _ relay: StoreFixture) async throws -> Bool {
        try await relay.store.entries(of: room, after: 0, limit: 1, for: relay.person(0).id).closed
    }

    @Test("a person who was called, or the sensor that made it, closes a page", arguments: Engine.allCases)
    func whoCloses(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        for keys in [relay.person(1), relay.sensor(0)] {
            let said = try await page(relay)
            try await relay.post(Posts.message(2, closes: true), to: said, by: keys)
            #expect(try await isClosed(said, relay))
            let told = try await page(relay)
            try await close(told, by: keys, relay)
            #expect(try await isClosed(told, relay))
        }
    }

    @Test("another sensor closes no page, and nobody who was not called", arguments: Engine.allCases)
    func whoDoesNot(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        await expect(.malformedRequest) {
            try await relay.post(Posts.message(2, closes: true), to: room, by: relay.sensor(1))
        }
        await expect(.malformedRequest) { try await close(room, by: relay.sensor(1), relay) }
        await expect(.notMember) {
            try await relay.post(Posts.message(2, closes: true), to: room, by: relay.person(2))
        }
        await expect(.notMember) { try await close(room, by: relay.person(2), relay) }
        #expect(try await !isClosed(room, relay))
        // What was refused is not in the log, and the staged step still comes.
        #expect(try await relay.entries(room, for: relay.person(0)).count == 1)
        try await relay.pass(seconds: 60)
        #expect(try await relay.store.welcomes(for: relay.person(2).id).count == 1)
    }

    @Test("only a message closes", arguments: Engine.allCases) func onlyMessages(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        let ack = try Posts.statement(.ack, in: room, by: relay.person(0))
        for post in [Posts.commit(2), ack] {
            let closing = EntryPost(
                event: post.event, entryClass: post.entryClass, baseSeq: post.baseSeq, parent: post.parent,
                payload: post.payload,
                closesRoom: true)
            await expect(.malformedRequest) { try await relay.post(closing, to: room, by: relay.person(0)) }
        }
        #expect(try await !isClosed(room, relay))
    }

    @Test("nobody closes an incident room", arguments: Engine.allCases)
    func incidentRooms(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        for index in 0..<2 {
            await expect(.malformedRequest) {
                try await relay.post(Posts.message(1, closes: true), to: room, by: relay.person(index))
            }
            await expect(.malformedRequest) { try await close(room, by: relay.person(index), relay) }
        }
        #expect(try await !isClosed(room, relay))
    }
}
