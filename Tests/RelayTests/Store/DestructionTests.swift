import CallList
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R12] An hour after a page's end the relay destroys what was withheld; after the retention, everything.
@Suite struct DestructionTests {
    private static let withheld = Array("welcome 2".utf8)

    private func check(
        _ engine: Engine, closing: (StoreFixture, RoomID) async throws -> Void
    ) async throws {
        let relay = try await StoreFixture(engine)
        let (called, staged) = (relay.person(0), relay.person(1))
        let room = try await relay.page([.init(persons: [[called]]), .init(persons: [[staged]], delay: 9_000)])
        #expect(try relay.directory.count(of: Self.withheld) > 0)
        #expect(try relay.directory.count(of: staged.id.bytes) > 1)
        try await closing(relay, room)
        try await relay.pass(seconds: 0)
        #expect(try relay.directory.count(of: Self.withheld) == 0)
        // Once: in the log, where the commit's clear header [R3] names all whom it adds. (The call list is hexadecimal.)
        #expect(try relay.directory.count(of: staged.id.bytes) == 1)
        #expect(try relay.directory.count(of: called.id.bytes) > 1)
        await expect(.notMember) { try await relay.entries(room, for: staged) }
        #expect(try await relay.store.welcomes(for: staged.id).isEmpty)
        await expect(.roomClosed) { try await relay.post(Posts.message(2), to: room, by: called) }
    }

    @Test(arguments: Engine.allCases) func resolved(_ engine: Engine) async throws {
        try await check(engine) { relay, room in try await relay.finish(room, by: relay.person(0)) }
    }

    @Test(arguments: Engine.allCases) func horizon(_ engine: Engine) async throws {
        try await check(engine) { relay, _ in
            try await relay.pass(seconds: 3_600)
            try await relay.pass(seconds: 3_600)
        }
    }

    @Test("the timers release and tell, and delete nothing: that is for afterwards", arguments: Engine.allCases)
    func releasesComeFirst(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let over = try await relay.page([.init(persons: [[relay.person(0)]])], retention: 60)
        try await relay.state(.resolved, over, by: relay.person(0))
        relay.clock.advance(seconds: 3_600)
        _ = try await relay.store.fireDue(at: relay.moment, under: relay.list)
        let open = try await relay.page([.init(persons: [[relay.person(0)]]), .init(persons: [[relay.person(1)]])])
        relay.clock.advance(seconds: 60)
        relay.forgetNotices()
        #expect(try await relay.store.fireDue(at: relay.moment, under: relay.list).isEmpty)
        #expect(relay.notices.contains(.heads(to: [relay.person(1).id])))
        #expect(try await relay.entries(over, for: relay.person(0)).count == 5)
        #expect(try await relay.store.deleteOutdated(at: relay.moment) == false)
        await expect(.roomUnknown) { try await relay.entries(over, for: relay.person(0)) }
        #expect(try await relay.entries(open, for: relay.person(1)).count == 3)
    }

    @Test(arguments: Engine.allCases) func retention(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page([.init(persons: [[relay.person(0)]])], retention: 60)
        // More than one part.
        for number in 0..<2_500 {
            try await relay.post(Posts.message(2, "ciphertext \(number)"), to: room, by: relay.person(0))
        }
        try await relay.finish(room, by: relay.person(0))
        try await relay.pass(seconds: 59)
        #expect(try await relay.entries(room, for: relay.person(0)).count == 1_000)
        try await relay.pass(seconds: 1)
        await expect(.roomUnknown) { try await relay.entries(room, for: relay.person(0)) }
        #expect(try await relay.store.heads(for: relay.person(0).id).rooms.isEmpty)
        #expect(try relay.directory.count(of: Array("ciphertext ".utf8)) == 0)
        #expect(try await relay.store.nextDue() == nil)
    }
}
