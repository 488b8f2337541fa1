import CallList
import Escalation
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// [R11] Statements: who may acknowledge what.
@Suite struct StatementTests {
    private func page(_ relay: StoreFixture) async throws -> RoomID {
        try await relay.page([
            .init(persons: [[relay.person(0)], [relay.person(1)]]), .init(persons: [[relay.person(2)]]),
        ])
    }

    @Test("an entry has the signed word and the relay's readings of time", arguments: Engine.allCases)
    func entries(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        relay.clock.advance(seconds: 5)
        let ack = try await relay.state(.ack, room, by: relay.person(0))
        try await relay.state(.unack([ack]), room, by: relay.person(1))
        let stamped = try await relay.entries(room, for: relay.person(1)).filter { $0.entryClass == .statement }.map {
            try StampedStatement(decoding: $0.payload)
        }
        #expect(stamped.map(\.readings.most) == [Elapsed(seconds: 5), Elapsed(seconds: 5)])
        let said = try zip(stamped, [relay.person(0), relay.person(1)]).map { stamped, keys in
            try UnverifiedStatement(decoding: stamped.envelope).verify(by: keys.mls.publicKey)
        }
        #expect(said.map(\.statement.kind) == [.ack, .unack([ack])] && said.first?.digest == ack)
    }

    @Test("[R11] what voids nothing, or was counted, is refused and moves no timer", arguments: Engine.allCases)
    func voidsNothing(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await page(relay)
        let other = StatementDigest(of: [1])
        await expect(.statementRefused) { try await relay.state(.unack([other]), room, by: relay.person(0)) }
        let ack = try await relay.state(.ack, room, by: relay.person(0))
        try await relay.state(.unack([ack]), room, by: relay.person(1))
        await expect(.statementRefused) { try await relay.state(.unack([ack]), room, by: relay.person(1)) }
        #expect(try await relay.store.nextDue() == Elapsed(seconds: 60))
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
        // Signed by another key; about another room; with another event's id.
        await refuse(try Posts.statement(.ack, in: room, by: a, signedBy: b), by: a)
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
        #expect(try await relay.laterSteps(room, for: a) == [2])
    }
}
