import CallList
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R11] Statements: who may acknowledge what.
@Suite struct StatementTests {
    private func page(_ relay: StoreFixture) async throws -> RoomID {
        try await relay.page([
            .init(persons: [[relay.person(0)], [relay.person(1)]]), .init(persons: [[relay.person(2)]]),
        ])
    }

    @Test(arguments: Engine.allCases) func ackAndUnackAreEntries(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        for kind in [Statement.Kind.ack, .unack] {
            try await relay.post(
                try Posts.statement(kind, in: room, by: relay.person(0)), to: room, by: relay.person(0))
        }
        let statements = try await relay.entries(room, for: relay.person(1)).filter { $0.entryClass == .statement }
        #expect(
            try statements.map {
                try Statement(verifying: $0.payload, by: relay.person(0).mls.publicKey).kind
            } == [.ack, .unack])
    }

    @Test(arguments: Engine.allCases) func refused(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        let (a, b) = (relay.person(0), relay.person(1))
        func refuse(_ post: EntryPost, by keys: DeviceKeys, line: Int = #line) async {
            await expect(.statementRefused) { try await relay.post(post, to: room, by: keys) }
        }
        let sensor = relay.sensor(0)
        await refuse(try Posts.statement(.ack, in: room, by: sensor), by: sensor)
        // Signed by another key; by another device about itself; about another room; with another event's id.
        await refuse(try Posts.statement(.ack, in: room, by: a, signedBy: b), by: a)
        await refuse(try Posts.statement(.ack, in: room, by: b), by: a)
        let event = EventID.random()
        await refuse(try Posts.statement(.ack, in: room, by: a, event: event, about: (.random(), event)), by: a)
        await refuse(try Posts.statement(.ack, in: room, by: a, about: (room, .random())), by: a)
        await refuse(EntryPost(event: .random(), entryClass: .statement, baseSeq: 0, payload: [1, 2, 3]), by: a)
        // Not called yet.
        let staged = relay.person(2)
        await expect(.notMember) {
            try await relay.post(try Posts.statement(.ack, in: room, by: staged), to: room, by: staged)
        }
        // Not a page.
        let incident = try await relay.incident([0, 1])
        await expect(.statementRefused) {
            try await relay.post(try Posts.statement(.ack, in: incident, by: a), to: incident, by: a)
        }
        #expect(try await relay.entries(room, for: a).allSatisfy { $0.entryClass != .statement })
        // None of it stopped the timer.
        try await relay.pass(seconds: 60)
        #expect(try await relay.releases(room, for: a).count == 1)
    }
}
