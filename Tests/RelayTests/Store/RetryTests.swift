import CallList
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// Every write carries an idempotency key: a retry gets the first answer, whatever has become of the room or the device.
@Suite struct RetryTests {
    @Test(arguments: Engine.allCases) func creation(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let creation = Posts.page(.random(), [.init(persons: [[relay.person(0)]])])
        let first = try await relay.create(creation, by: relay.sensor(0))
        let without = try relay.world.list(relay.world.bundle(without: [relay.person(0)]))
        relay.clock.advance(seconds: 9)
        #expect(try await relay.create(creation, by: relay.sensor(0), list: without) == first)
        await expect(.roomExists) {
            try await relay.create(
                Posts.page(creation.room, [.init(persons: [[relay.person(0)]])]), by: relay.sensor(0))
        }
    }

    @Test(arguments: Engine.allCases) func postAfterAConflict(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let post = Posts.commit(1, adds: [relay.person(2)])
        let first = try await relay.post(post, to: room, by: relay.person(0))
        try await relay.post(Posts.commit(2), to: room, by: relay.person(1))
        let without = try relay.world.list(relay.world.bundle(without: [relay.person(2)]))
        #expect(try await relay.post(post, to: room, by: relay.person(0), list: without) == first)
        #expect(try await relay.entries(room, for: relay.person(0)).count == 3)
    }

    @Test(arguments: Engine.allCases) func postAfterRemovalAndClosing(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        let post = Posts.message(1)
        let first = try await relay.post(post, to: room, by: relay.person(1))
        try await relay.post(Posts.commit(2, removes: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(Posts.message(3, parent: 3), to: room, by: relay.person(2))
        #expect(try await relay.post(post, to: room, by: relay.person(1)) == first)
        let page = try await relay.page([.init(persons: [[relay.person(0)]])])
        let said = try await relay.post(Posts.message(2, event: post.event), to: page, by: relay.person(0))
        try await relay.finish(page, by: relay.person(0))
        #expect(
            try await relay.post(Posts.message(2, event: post.event), to: page, by: relay.person(0)) == said)
        await expect(.roomClosed) { try await relay.post(Posts.message(3), to: page, by: relay.person(0)) }
    }

    @Test(arguments: Engine.allCases) func keysAreEachDevicesOwn(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let post = Posts.message(1)
        #expect(try await relay.post(post, to: room, by: relay.person(0)).seq == 2)
        #expect(try await relay.post(post, to: room, by: relay.person(1)).seq == 3)
    }

    @Test(
        "a key that stood for another room or request is refused: its receipt would be a signed lie",
        arguments: Engine.allCases)
    func keysAreForOneRequest(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (one, two) = (try await relay.incident([0, 1]), try await relay.incident([0, 1]))
        let post = Posts.message(1)
        try await relay.post(post, to: one, by: relay.person(0))
        await expect(.malformedRequest) { try await relay.post(post, to: two, by: relay.person(0)) }
        await expect(.malformedRequest) {
            try await relay.create(
                Posts.incident(one, adding: [relay.person(1)], event: post.event), by: relay.person(0))
        }
        #expect(try await relay.entries(two, for: relay.person(0)).count == 1)
    }

    @Test(arguments: Engine.allCases) func statements(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.page((0..<3).map { .init(persons: [[relay.person($0)]]) })
        let post = try Posts.statement(.escalate, in: room, by: relay.person(0))
        let first = try await relay.post(post, to: room, by: relay.person(0))
        #expect(try await relay.post(post, to: room, by: relay.person(0)) == first)
        #expect(try await relay.laterSteps(room, for: relay.sensor(0)) == [2])
        // A copy that somebody else brings counts for nothing.
        let copy = EntryPost(event: .random(), entryClass: .statement, baseSeq: 0, payload: post.payload)
        await expect(.statementRefused) { try await relay.post(copy, to: room, by: relay.person(1)) }
        #expect(try await relay.laterSteps(room, for: relay.sensor(0)) == [2])
    }

    @Test(arguments: Engine.allCases) func claim(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        try await KeyPackageTests.upload([1, 2], of: relay.person(0), to: relay)
        let claim = KeyPackageClaim(claim: .random(), devices: [relay.person(0).id, relay.person(1).id])
        let first = try await relay.store.claim(
            claim, by: relay.sensor(0).device, under: relay.list, limits: relay.limits, at: relay.moment)
        #expect(first.missing == [relay.person(1).id])
        try await KeyPackageTests.upload([3], of: relay.person(1), to: relay)
        #expect(
            try await relay.store.claim(
                claim, by: relay.sensor(0).device, under: relay.list, limits: relay.limits, at: relay.moment)
                == first)
        // Another device's claim of the same id is another claim.
        let other = try await relay.store.claim(
            claim, by: relay.sensor(1).device, under: relay.list, limits: relay.limits, at: relay.moment)
        #expect(other.keyPackages.count == 2)
    }

    @Test(arguments: Engine.allCases) func answersAreForgottenInTime(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let post = Posts.message(1)
        try await relay.post(post, to: room, by: relay.person(0))
        try await relay.pass(seconds: 6 * 86_400)
        #expect(try await relay.post(post, to: room, by: relay.person(0)).seq == 2)
        try await relay.pass(seconds: 2 * 86_400)
        #expect(try await relay.post(post, to: room, by: relay.person(0)).seq == 3)
    }
}
