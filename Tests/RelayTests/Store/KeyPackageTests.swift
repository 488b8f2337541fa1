import CallList
import Foundation
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing

@testable import Relay

/// Key packages [R14], and what a new call list forgets.
@Suite struct KeyPackageTests {
    static func item(
        _ number: UInt8, expires: Timestamp = World.start.adding(seconds: 3_600), lastResort: Bool = false,
        bytes: [UInt8]? = nil
    ) -> KeyPackageUpload.Item {
        .init(
            reference: Data(repeating: number, count: 32), keyPackage: Data(bytes ?? [number]), notAfter: expires,
            lastResort: lastResort)
    }

    @discardableResult
    static func upload(
        _ numbers: [UInt8], of keys: DeviceKeys, to relay: StoreFixture
    ) async throws -> KeyPackageStock {
        try await put(numbers.map { item($0) }, of: keys, to: relay)
    }

    @discardableResult
    static func put(
        _ items: [KeyPackageUpload.Item], of keys: DeviceKeys, to relay: StoreFixture, limit: Int = 5
    ) async throws -> KeyPackageStock {
        try await relay.store.put(
            KeyPackageUpload(keyPackages: items), of: keys.device, limit: limit, at: relay.moment)
    }

    private func claim(
        _ keys: DeviceKeys, _ relay: StoreFixture
    ) async throws -> KeyPackageClaimAnswer.Item? {
        try await relay.store.claim(
            KeyPackageClaim(claim: .random(), devices: [keys.id, keys.id]), by: relay.sensor(0).device,
            under: relay.list, limits: relay.limits, at: relay.moment
        ).keyPackages.first
    }

    @Test(arguments: Engine.allCases) func eachIsHandedOutOnce(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let owner = relay.person(0)
        #expect(try await Self.upload([1, 2], of: owner, to: relay).unclaimed == 2)
        #expect(try await claim(owner, relay)?.keyPackage == Data([1]))
        // A retry of the upload does not bring back what was handed out.
        #expect(try await Self.upload([1, 2], of: owner, to: relay).unclaimed == 1)
        #expect(try await claim(owner, relay)?.keyPackage == Data([2]))
        #expect(try await claim(owner, relay) == nil)
    }

    @Test("[R14] [R18] after the relay was off, what expired meanwhile goes last and is no stock")
    func afterDowntime() async throws {
        let relay = try await StoreFixture(.sqlite)
        let owner = relay.person(0)
        try await Self.upload([1], of: owner, to: relay)
        // A boot: the least that can have passed is nothing.
        relay.clock.set(seconds: 3_700)
        #expect(try await relay.store.stock(of: owner.id, at: relay.moment).unclaimed == 0)
        let fresh = Self.item(2, expires: World.start.adding(seconds: 90_000))
        #expect(try await Self.put([fresh], of: owner, to: relay).unclaimed == 1)
        #expect(try await claim(owner, relay)?.keyPackage == Data([2]))
        #expect(try await claim(owner, relay)?.keyPackage == Data([1]))
    }

    @Test("[R14] claims of nobody's devices leave nothing behind")
    func claimsOfNobody() async throws {
        let relay = try await StoreFixture(.sqlite)
        let nobody = (0..<50).map { _ in DeviceID.random() }
        let answer = try await relay.store.claim(
            KeyPackageClaim(claim: .random(), devices: nobody), by: relay.sensor(0).device, under: relay.list,
            limits: relay.limits,
            at: relay.moment)
        #expect(answer.missing.count == 50)
        let store = try #require(relay.store as? SQLiteStore)
        let kept = try await store.database.read { try $0.number("SELECT count(*) FROM claim_budgets") }
        #expect(kept == 0)
    }

    @Test("[R14] who claims more than pages need gets last resorts, others what is left, and time brings it back")
    func budget() async throws {
        var limits = RelayLimits()
        limits.claimBurst = 2
        limits.claimSeconds = 60
        let relay = try await StoreFixture(.sqlite, limits: limits)
        let owner = relay.person(0)
        func claims(_ count: Int, by keys: DeviceKeys) async throws -> [Data] {
            var claimed: [Data] = []
            for _ in 0..<count {
                claimed += try await relay.store.claim(
                    KeyPackageClaim(claim: .random(), devices: [owner.id]), by: keys.device, under: relay.list,
                    limits: limits,
                    at: relay.moment
                ).keyPackages.map(\.keyPackage)
            }
            return claimed
        }
        try await Self.put((1...4).map { Self.item($0) } + [Self.item(9, lastResort: true)], of: owner, to: relay)
        #expect(try await claims(4, by: relay.sensor(0)) == [1, 2, 9, 9].map { Data([$0]) })
        #expect(try await claims(1, by: relay.sensor(1)) == [Data([3])])
        try await relay.pass(seconds: 60)
        #expect(try await claims(2, by: relay.sensor(0)) == [4, 9].map { Data([$0]) })
        // What is full again takes no room.
        try await relay.pass(seconds: 600)
        #expect(try await claims(1, by: relay.sensor(0)) == [Data([9])])
    }

    @Test(arguments: Engine.allCases) func lastResortIsReusedAndFlagged(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let owner = relay.person(0)
        let items = [Self.item(1), Self.item(2, lastResort: true)]
        let stock = try await Self.put(items, of: owner, to: relay)
        #expect(stock == KeyPackageStock(unclaimed: 1, hasLastResort: true, lastResortUsed: false))
        #expect(try await claim(owner, relay)?.lastResort == false)
        for _ in 0..<2 {
            let item = try await claim(owner, relay)
            #expect(item?.lastResort == true && item?.keyPackage == Data([2]))
        }
        // The same again stays flagged; a new one takes its place.
        #expect(try await Self.put(items, of: owner, to: relay).lastResortUsed)
        let rotated = try await Self.put([Self.item(3, lastResort: true)], of: owner, to: relay)
        #expect(rotated.hasLastResort && !rotated.lastResortUsed)
        #expect(try await claim(owner, relay)?.keyPackage == Data([3]))
        await expect(.keyPackageRefused) {
            try await Self.put([Self.item(4, lastResort: true), Self.item(5, lastResort: true)], of: owner, to: relay)
        }
    }

    @Test(arguments: Engine.allCases) func expiredAreNotHandedOut(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let owner = relay.person(0)
        try await Self.put([Self.item(1), Self.item(2, expires: Timestamp(milliseconds: .max))], of: owner, to: relay)
        try await relay.pass(seconds: 3_600)
        #expect(try await relay.store.stock(of: owner.id, at: relay.moment).unclaimed == 1)
        #expect(try await claim(owner, relay)?.keyPackage == Data([2]))
        await expect(.keyPackageRefused) { try await Self.upload([3], of: owner, to: relay) }
    }

    @Test(arguments: Engine.allCases) func limit(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let owner = relay.person(0)
        try await Self.upload([1, 2, 3, 4, 5], of: owner, to: relay)
        await expect(.limitReached) { try await Self.upload([6], of: owner, to: relay) }
        // A retry is not counted twice.
        #expect(try await Self.upload([1, 2, 3, 4, 5], of: owner, to: relay).unclaimed == 5)
    }

    @Test("another device's reference cannot be replaced or taken over", arguments: Engine.allCases)
    func references(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        try await Self.put([Self.item(1), Self.item(2, lastResort: true)], of: relay.person(0), to: relay)
        try await Self.put(
            [Self.item(1, bytes: [66]), Self.item(2, lastResort: true, bytes: [66])], of: relay.person(1), to: relay)
        #expect(try await claim(relay.person(1), relay) == nil)
        #expect(try await claim(relay.person(0), relay)?.keyPackage == Data([1]))
        #expect(try await claim(relay.person(0), relay)?.keyPackage == Data([2]))
    }

    @Test(arguments: Engine.allCases) func newCallListForgetsWhoLeft(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (leaver, stayer) = (relay.person(1), relay.person(2))
        _ = try await relay.incident([0, 1])
        let shared = try await relay.incident([0, 1, 2])
        for (number, keys) in [leaver, stayer].enumerated() {
            try await Self.upload([UInt8(number + 1)], of: keys, to: relay)
        }
        let bundle = try relay.world.bundle(2, without: [leaver], previous: relay.list)
        let list = try relay.world.list(bundle)
        try await relay.store.put(callList: bundle, version: 2, devices: Set(list.devices.map(\.id)))
        #expect(try await claim(leaver, relay) == nil)
        #expect(try await relay.store.welcomes(for: leaver.id).isEmpty)
        #expect(try await claim(stayer, relay)?.keyPackage == Data([2]))
        #expect(try await relay.store.welcomes(for: stayer.id).map(\.room) == [shared])
        #expect(try await relay.store.newestCallList() == bundle)
        #expect(try await relay.store.callList(version: 1) == relay.list.bundleBytes)
        #expect(try await relay.store.callList(version: .max) == nil)
    }

    @Test(arguments: Engine.allCases) func callListsFollowEachOther(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        for version in [UInt64(1), 3, .max] {
            await expect(.callListConflict) {
                try await relay.store.put(callList: [1], version: version, devices: [])
            }
        }
    }
}
