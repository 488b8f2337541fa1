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

    @Test("[R3] a removal stops delivery beyond it once somebody else goes on from it", arguments: Engine.allCases)
    func removedSeesNothingLater(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        let removed = relay.person(1)
        relay.forgetNotices()
        try await relay.post(Posts.commit(1, removes: [removed]), to: room, by: relay.person(0))
        // They still hear of the commit that says so, and of what its author alone says after it.
        try await relay.post(Posts.message(2, "after", parent: 2), to: room, by: relay.person(0))
        #expect(try await relay.entries(room, for: removed).map(\.seq) == [2, 3])
        try await relay.post(Posts.message(2), to: room, by: removed)
        try await relay.post(Posts.message(2, "stands", parent: 2), to: room, by: relay.person(2))
        let told = relay.notices.compactMap { notice in
            if case .entry(_, _, let audience) = notice { audience.contains(removed.id) } else { nil }
        }
        #expect(told == [true, true, true, false])
        #expect(try await relay.entries(room, for: removed).map(\.seq) == [2])
        #expect(try await relay.store.heads(for: removed.id).rooms.first?.head == 2)
        await expect(.notMember) { try await relay.post(Posts.message(5), to: room, by: removed) }
        try await relay.store.update(CursorUpdate(cursors: [.init(room: room, seq: 2)]), of: removed.device)
        #expect(try await relay.store.heads(for: removed.id).rooms.isEmpty)
    }

    @Test("who said before the removal stood that it has all of it is told no more", arguments: Engine.allCases)
    func settledBeforeItStands(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        try await relay.post(Posts.commit(1, removes: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.store.update(
            CursorUpdate(cursors: [.init(room: room, seq: 2)]), of: relay.person(1).device)
        #expect(try await relay.store.heads(for: relay.person(1).id).rooms.count == 1)
        try await relay.post(Posts.message(2, parent: 2), to: room, by: relay.person(2))
        #expect(try await relay.store.heads(for: relay.person(1).id).rooms.isEmpty)
    }

    @Test(arguments: Engine.allCases) func readdedSeesOnlyFromThen(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        try await relay.post(Posts.commit(1, removes: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(2, "between", parent: 2), to: room, by: relay.person(2))
        try await relay.post(Posts.commit(3, parent: 2, adds: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(4, parent: 4), to: room, by: relay.person(1))
        // First what tells a client that it was out, then what comes since it is in again; nothing of the time between.
        #expect(try await relay.entries(room, for: relay.person(1), after: 1).map(\.seq) == [2])
        #expect(try await relay.entries(room, for: relay.person(1), after: 2).map(\.seq) == [5])
    }

    @Test("[R3] a commit that adds a staged person to their page is refused", arguments: Engine.allCases)
    func junkAddReleasesNobody(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (called, staged) = (relay.person(0), relay.person(1))
        let room = try await relay.page([.init(persons: [[called]]), .init(persons: [[staged]])])
        let early = WelcomeDelivery(step: 1, devices: [staged.id], welcome: Array("junk".utf8))
        for adds in [[staged], [relay.person(2)]] {
            await expect(.commitRefused) {
                let welcome = WelcomeDelivery(step: 1, devices: adds.map(\.id), welcome: early.welcome)
                return try await relay.post(
                    Posts.commit(2, adds: adds, welcomes: [welcome]), to: room, by: called)
            }
        }
        await expect(.notMember) { try await relay.entries(room, for: staged) }
        #expect(try await relay.store.welcomes(for: staged.id).isEmpty)
        try await relay.pass(seconds: 60)
        #expect(try await relay.store.welcomes(for: staged.id).map(\.welcome) == [Array("welcome 2".utf8)])
    }

    @Test(
        "[R3] a page's commit removes only who is off the call list, or whose time is over", arguments: Engine.allCases)
    func junkRemoveSilencesNobody(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (called, staged, other) = (relay.person(0), relay.person(1), relay.person(2))
        let third = relay.person(3)
        let room = try await relay.page([.init(persons: [[called], [other], [third]]), .init(persons: [[staged]])])
        let ends = World.start.adding(seconds: 30)
        let list = try relay.world.list(
            relay.world.bundle(2, without: [other], previous: relay.list, expiring: [relay.sensor(0).id: ends]))
        for removes in [[staged], [other, staged], [relay.sensor(0)]] {
            await expect(.commitRefused) {
                try await relay.post(Posts.commit(2, removes: removes), to: room, by: called, list: list)
            }
        }
        // Off the list; then, over.
        try await relay.post(Posts.commit(2, removes: [other]), to: room, by: called, list: list)
        try await relay.post(Posts.message(4, parent: 4), to: room, by: third, list: list)
        await expect(.notMember) { try await relay.post(Posts.message(4), to: room, by: other) }
        try await relay.pass(seconds: 30)
        let late = Posts.commit(5, parent: 4, removes: [relay.sensor(0)], at: ends)
        try await relay.post(late, to: room, by: called, list: list)
        try await relay.pass(seconds: 30)
        #expect(try await relay.store.welcomes(for: staged.id).map(\.welcome) == [Array("welcome 2".utf8)])
        #expect(
            try await relay.entries(room, for: called).map(\.entryClass) == [
                .message, .timer, .commit, .message, .commit, .timer,
            ])
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
        let next = Posts.commit(2, parent: 2, adds: [relay.person(3)])
        // Who is removed is one of them until somebody else goes on from it.
        await expect(.limitReached) { try await relay.post(next, to: room, by: relay.person(0)) }
        try await relay.post(Posts.message(2, parent: 2), to: room, by: relay.person(2))
        try await relay.post(next, to: room, by: relay.person(0))
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
