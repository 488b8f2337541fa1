import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// What one device may keep on the disk [R19].
@Suite struct StoredBytesTests {
    private func message(_ bytes: Int) -> EntryPost { Posts.message(1, String(repeating: "x", count: bytes)) }

    @Test("a device keeps so much in one room, and another device has its own", arguments: Engine.allCases)
    func inARoom(_ engine: Engine) async throws {
        var limits = RelayLimits()
        limits.roomBytesPerDevice = 20_000
        let relay = try await StoreFixture(engine, limits: limits)
        let room = try await relay.incident([0, 1])
        try await relay.post(message(15_000), to: room, by: relay.person(0))
        await expect(.limitReached) { try await relay.post(message(10_000), to: room, by: relay.person(0)) }
        try await relay.post(message(15_000), to: room, by: relay.person(1))
        let other = try await relay.incident([0, 1])
        try await relay.post(message(15_000), to: other, by: relay.person(0))
    }

    @Test("what was refused counts for nothing; a retry of what was taken is answered", arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        var limits = RelayLimits()
        limits.roomBytesPerDevice = 20_000
        let relay = try await StoreFixture(engine, limits: limits)
        let room = try await relay.incident([0, 1])
        let taken = message(12_000)
        let first = try await relay.post(taken, to: room, by: relay.person(0))
        for _ in 0..<20 {
            await expect(.limitReached) { try await relay.post(message(10_000), to: room, by: relay.person(0)) }
        }
        try await relay.post(message(5_000), to: room, by: relay.person(0))
        #expect(try await relay.post(taken, to: room, by: relay.person(0)) == first)
    }

    @Test("a page takes less than a room, and an acknowledgement even where that is full", arguments: Engine.allCases)
    func inAPage(_ engine: Engine) async throws {
        var limits = RelayLimits()
        limits.pageBytesPerDevice = 8_192
        let relay = try await StoreFixture(engine, limits: limits)
        let room = try await relay.page([.init(persons: [[relay.person(0)]])])
        try await relay.post(message(7_200), to: room, by: relay.person(0))
        await expect(.limitReached) { try await relay.post(message(900), to: room, by: relay.person(0)) }
        try await relay.post(Posts.statement(.ack, in: room, by: relay.person(0)), to: room, by: relay.person(0))
    }

    @Test("what is deleted is given back", arguments: Engine.allCases)
    func givenBack(_ engine: Engine) async throws {
        var limits = RelayLimits()
        limits.storedBytesPerDevice = 30_000
        let relay = try await StoreFixture(engine, limits: limits)
        for _ in 0..<5 {
            let room = try await relay.page([.init(persons: [[relay.person(0)]])], retention: 60)
            try await relay.post(message(20_000), to: room, by: relay.person(0))
            await expect(.limitReached) { try await relay.post(message(20_000), to: room, by: relay.person(0)) }
            // Its horizon, the hour after it, and then its retention.
            try await relay.pass(seconds: 3_601)
            try await relay.pass(seconds: 3_600)
            try await relay.pass(seconds: 61)
        }
    }

    @Test("ordinary writes leave a quarter of a small database to pages and statements", arguments: Engine.allCases)
    func reserve(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine, pages: 400)
        let room = try await relay.incident([0, 1])
        await expect(.storageFull) {
            for _ in 0..<1_000 { try await relay.post(message(4_000), to: room, by: relay.person(0)) }
        }
        await expect(.storageFull) {
            try await relay.create(Posts.incident(.random(), adding: [relay.person(1)]), by: relay.person(0))
        }
        for _ in 0..<20 {
            let page = try await relay.page([.init(persons: [[relay.person(0)]])])
            try await relay.post(Posts.statement(.ack, in: page, by: relay.person(0)), to: page, by: relay.person(0))
        }
    }
}
