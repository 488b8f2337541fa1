import CallList
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// Who sees which part of a log; Welcomes and cursors.
@Suite struct MembershipTests {
    @Test(arguments: Engine.allCases) func joinerSeesNothingEarlier(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        try await relay.post(Posts.message(1, "before"), to: room, by: relay.person(0))
        try await relay.post(Posts.commit(2, adds: [relay.person(2)]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(3, "after"), to: room, by: relay.person(0))
        #expect(try await relay.entries(room, for: relay.person(2)).map(\.seq) == [4])
        let welcome = try #require(try await relay.store.welcomes(for: relay.person(2).id).first)
        #expect(welcome.seq == 3)
        #expect(welcome.chain == (try await relay.entries(room, for: relay.person(0))[2].chain))
        #expect(welcome.time == World.start)
    }

    @Test("[R3] declared removes stop delivery beyond that entry", arguments: Engine.allCases)
    func removedSeesNothingLater(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        relay.forgetNotices()
        try await relay.post(Posts.commit(1, removes: [relay.person(1)]), to: room, by: relay.person(0))
        // They still hear of the commit that says so.
        guard case .entry(_, let entry, let audience) = relay.notices.first else {
            Issue.record("no notice")
            return
        }
        #expect(entry.seq == 2 && audience.contains(relay.person(1).id))
        try await relay.post(Posts.message(2, "after"), to: room, by: relay.person(0))
        #expect(try await relay.entries(room, for: relay.person(1)).map(\.seq) == [2])
        #expect(try await relay.store.heads(for: relay.person(1).id).rooms.first?.head == 2)
        await expect(.notMember) { try await relay.post(Posts.message(2), to: room, by: relay.person(1)) }
        try await relay.store.update(
            CursorUpdate(cursors: [.init(room: room, seq: 2)]), of: relay.person(1).device)
        #expect(try await relay.store.heads(for: relay.person(1).id).rooms.isEmpty)
    }

    @Test(arguments: Engine.allCases) func readdedSeesOnlyFromThen(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        try await relay.post(Posts.commit(1, removes: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(2, "between"), to: room, by: relay.person(0))
        try await relay.post(Posts.commit(3, adds: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(4), to: room, by: relay.person(1))
        // First what tells a client that it was out, then what comes since it is in again; nothing of the time between.
        #expect(try await relay.entries(room, for: relay.person(1), after: 1).map(\.seq) == [2])
        #expect(try await relay.entries(room, for: relay.person(1), after: 2).map(\.seq) == [5])
    }

    @Test(
        "[R3] a junk commit that adds a member takes neither entries nor a Welcome from it", arguments: Engine.allCases)
    func junkAddTakesNothing(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (called, staged) = (relay.person(0), relay.person(1))
        let room = try await relay.page([.init(persons: [[called]]), .init(persons: [[staged]])])
        let junk = WelcomeDelivery(step: 2, devices: [staged.id], welcome: Array("junk".utf8))
        let again = WelcomeDelivery(step: 2, devices: [relay.sensor(0).id], welcome: Array("junk".utf8))
        try await relay.post(
            Posts.commit(2, adds: [staged, relay.sensor(0)], welcomes: [junk, again]), to: room, by: called)
        // The page's author is still released, and reads from the beginning.
        #expect(try await relay.entries(room, for: relay.sensor(0)).map(\.seq) == [1, 2, 3])
        try await relay.pass(seconds: 60)
        #expect(
            try await relay.store.welcomes(for: staged.id).map(\.welcome) == [
                Array("welcome 2".utf8), Array("junk".utf8),
            ])
        #expect(try await relay.entries(room, for: staged).map(\.seq) == [2, 3, 4])
        // A bounded number waits.
        for base in 0..<6 { try await relay.post(Posts.commit(UInt64(4 + base), adds: [staged]), to: room, by: called) }
        await expect(.limitReached) { try await relay.post(Posts.commit(10, adds: [staged]), to: room, by: called) }
    }

    @Test(
        "[R3] a page's commit removes only who is off the call list, or whose time is over", arguments: Engine.allCases)
    func junkRemoveSilencesNobody(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (called, staged, other) = (relay.person(0), relay.person(1), relay.person(2))
        let room = try await relay.page([.init(persons: [[called], [other]]), .init(persons: [[staged]])])
        let ends = World.start.adding(seconds: 30)
        let list = try relay.world.list(
            relay.world.bundle(2, without: [other], previous: relay.list, expiring: [relay.sensor(0).id: ends]))
        for removes in [[staged], [other, staged], [relay.sensor(0)]] {
            await expect(.callListConflict) {
                try await relay.post(Posts.commit(2, removes: removes), to: room, by: called, list: list)
            }
        }
        // Off the list; then, over.
        try await relay.post(Posts.commit(2, removes: [other]), to: room, by: called, list: list)
        await expect(.notMember) { try await relay.post(Posts.message(3), to: room, by: other) }
        try await relay.pass(seconds: 30)
        try await relay.post(Posts.commit(3, removes: [relay.sensor(0)]), to: room, by: called, list: list)
        try await relay.pass(seconds: 30)
        #expect(try await relay.store.welcomes(for: staged.id).map(\.welcome) == [Array("welcome 2".utf8)])
        #expect(try await relay.entries(room, for: staged).map(\.seq) == [2, 3, 4, 5])
        #expect(try await relay.entries(room, for: called).map(\.entryClass) == [.message, .commit, .commit, .release])
    }

    @Test(arguments: Engine.allCases) func welcomesForStepsThatAreNotThere(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let beyond = WelcomeDelivery(step: 2, devices: [relay.person(2).id], welcome: [1])
        await expect(.malformedRequest) {
            try await relay.post(
                Posts.commit(1, adds: [relay.person(2)], welcomes: [beyond]), to: room, by: relay.person(0))
        }
    }

    @Test("members are counted over all commits", arguments: Engine.allCases)
    func memberLimit(_ engine: Engine) async throws {
        var limits = RelayLimits()
        limits.membersPerRoom = 3
        let relay = try await StoreFixture(engine, limits: limits)
        let room = try await relay.incident([0, 1, 2])
        await expect(.limitReached) {
            try await relay.post(Posts.commit(1, adds: [relay.person(3)]), to: room, by: relay.person(0))
        }
        try await relay.post(Posts.commit(1, removes: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(Posts.commit(2, adds: [relay.person(3)]), to: room, by: relay.person(0))
    }

    @Test(arguments: Engine.allCases) func cursorsTakeWelcomesAway(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let joiner = relay.person(1)
        #expect(try await relay.store.heads(for: joiner.id).pendingWelcomes == 1)
        try await relay.store.update(
            CursorUpdate(cursors: [
                .init(room: .random(), seq: 9), .init(room: room, seq: 0),
            ]), of: joiner.device)
        #expect(try await relay.store.welcomes(for: joiner.id).count == 1)
        try await relay.store.update(CursorUpdate(cursors: [.init(room: room, seq: .max)]), of: joiner.device)
        #expect(try await relay.store.welcomes(for: joiner.id).isEmpty)
        #expect(try await relay.store.heads(for: joiner.id).pendingWelcomes == 0)
    }

    @Test("who was not called yet cannot touch a Welcome that is withheld", arguments: Engine.allCases)
    func stagedCursorsDoNothing(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]]) })
        try await relay.store.update(
            CursorUpdate(cursors: [.init(room: room, seq: 2)]), of: relay.person(1).device)
        try await relay.pass(seconds: 60)
        #expect(try await relay.store.welcomes(for: relay.person(1).id).count == 1)
    }
}
