import Foundation
import Sodium
import Testing

@testable import MLS

/// Random lives of groups. Longer ones: `TOCSIN_MLS_SIMULATION_SEED`, and `…_STEPS` and `…_MEMBERS` if wanted; a seed
/// that failed fails again.
@Suite struct SimulationTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment["TOCSIN_MLS_SIMULATION_\(name)"].flatMap { UInt64($0) }
    }

    struct Life: Sendable, CustomTestStringConvertible {
        let seed: UInt64
        let steps: Int
        let mostMembers: Int
        var testDescription: String { "seed \(seed), \(steps) steps, at most \(mostMembers) members" }
    }

    /// More than two thousand steps; large groups are what takes time.
    static let lives: [Life] =
        setting("SEED").map { seed in
            [Life(seed: seed, steps: Int(setting("STEPS") ?? 2000), mostMembers: Int(setting("MEMBERS") ?? 64))]
        } ?? [
            Life(seed: 1, steps: 250, mostMembers: 64), Life(seed: 2, steps: 600, mostMembers: 20),
            Life(seed: 3, steps: 1500, mostMembers: 6),
        ]

    @Test(arguments: lives)
    func aGroupLives(_ life: Life) throws {
        let seed = life.seed
        var world = try World(seed: seed, mostMembers: life.mostMembers)
        for step in 0..<life.steps {
            do {
                try world.step()
            } catch {
                Issue.record("seed \(seed), step \(step): \(error)")
                return
            }
        }
        for position in world.memberPositions { try world.catchUp(position) }
        try world.expectOutsidersLocked()
        try expectAgreement(of: world)
        if Self.setting("SEED") != nil { print("seed \(seed): \(world.counts.sorted { $0.key < $1.key })") }
    }

    /// Who is in the newest epoch agrees on all of it.
    private func expectAgreement(of world: World) throws {
        let groups = world.memberPositions.compactMap { position -> Group? in
            world.clients[position].isStuck ? nil : world.clients[position].group
        }
        let first = try #require(groups.first)
        for group in groups {
            #expect(group.context == first.context)
            #expect(group.members == world.membership)
            #expect(
                try group.export(label: "a", context: [], count: 32).constantTimeEquals(
                    first.export(label: "a", context: [], count: 32)))
            // What the caches say, computed anew and checked as a joiner would.
            var fresh = try RatchetTree(decoding: group.ratchetTree, suite: group.suite)
            let index = try fresh.validate(context: group.context)
            if let kept = group.index {
                #expect(kept.encryptionKeys == index.encryptionKeys)
                #expect(kept.signatureKeys == index.signatureKeys)
                #expect(kept.credentials == index.credentials)
            }
        }
    }
}
