import Foundation
import Sodium
import Testing

@testable import MLS

/// Looks for secrets that must be gone in a process's heap and stacks, not only in what a group stores (§9.2, §14).
/// Each test has a process of its own.
@Suite struct MemoryTests {
    private static func secrets(of group: Group) throws -> [MaskedSecret] {
        let secrets = try group.activeSecrets()
        return [
            secrets.senderDataSecret, secrets.exporterSecret, secrets.externalSecret, secrets.confirmationKey,
            secrets.membershipKey, secrets.resumptionPSK, secrets.epochAuthenticator, secrets.initSecret,
        ].map { MaskedSecret($0) }
    }

    @Test func anEpochsSecretsLeaveMemory() async {
        await #expect(processExitsWith: .success) {
            var assembly = try Assembly(["ada", "ben", "cyd"])
            // The same for all; and the committer's keys in the tree, which its path replaces wherever they are.
            let old = try { () throws -> [MaskedSecret] in
                let ada = assembly["ada"].group
                return try MemoryTests.secrets(of: ada) + ada.keys.keys.values.map { MaskedSecret($0) }
            }()
            #expect(old.count > 9)
            #expect(try ProcessMemory.occurrences(of: old).allSatisfy { $0 > 0 })
            try assembly.commit(by: "ada")
            let left = try ProcessMemory.occurrences(of: old)
            #expect(left.allSatisfy { $0 == 0 }, "\(left)")
        }
    }

    @Test func usedMessageKeysLeaveMemory() async {
        await #expect(processExitsWith: .success) {
            var assembly = try Assembly(["ada", "ben"])
            let ada = assembly["ada"].group
            // Keys and nonces of three messages.
            let masks = try { () throws -> [MaskedSecret] in
                let tree = try #require(ada.messageKeys)
                let keys = try (UInt32(0)..<3).map {
                    try tree.key(of: ada.ownIndex, ratchet: .application, generation: $0).0
                }
                let masks = keys.flatMap { [MaskedSecret($0.key), MaskedSecret($0.nonce)] }
                #expect(try ProcessMemory.occurrences(of: masks).allSatisfy { $0 > 0 })
                withExtendedLifetime(keys) {}
                return masks
            }()
            let messages = try (0..<3).map { _ in
                try assembly["ada"].group.protect([1], signer: assembly["ada"].party.signer)
            }
            // The third comes first: then what belongs to the other two waits, and no longer.
            _ = try assembly["ben"].group.process(messages[2], judge: AnyoneMay())
            var left = try ProcessMemory.occurrences(of: masks)
            #expect(left[..<4].allSatisfy { $0 > 0 } && left[4...].allSatisfy { $0 == 0 }, "\(left)")
            for number in 0..<2 { _ = try assembly["ben"].group.process(messages[number], judge: AnyoneMay()) }
            left = try ProcessMemory.occurrences(of: masks)
            #expect(left.allSatisfy { $0 == 0 }, "\(left)")
        }
    }

    @Test func aJoinersSecretsLeaveMemory() async {
        await #expect(processExitsWith: .success) {
            let (ada, ben) = (try Party("ada"), try Party("ben"))
            var masks: [MaskedSecret] = []
            let group = try { () throws -> Group in
                let bundle = try ben.bundle()
                var plan = CommitPlan()
                plan.adds = [bundle.keyPackage]
                let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
                let message = try #require(pending.welcomes.first)
                guard case .welcome(let welcome) = try MLSMessage(checking: message) else {
                    throw UnexpectedResult()
                }
                let opened = try WelcomeOpening(
                    welcome, entry: welcome.secrets[0], bundle: bundle, suite: .x25519ChaCha20SHA256Ed25519
                ) { _ in nil }
                let schedule = try KeySchedule(
                    joinerSecret: opened.secrets.joinerSecret, pskSecret: opened.pskSecret,
                    context: pending.next.context)
                masks = [
                    bundle.initPrivateKey, schedule.joinerSecret, schedule.welcomeSecret, schedule.epochSecret,
                    try #require(opened.secrets.pathSecret),
                ].map { MaskedSecret($0) }
                #expect(try ProcessMemory.occurrences(of: masks).allSatisfy { $0 > 0 })
                return try ben.join(message, with: bundle)
            }()
            #expect(group.isActive)
            let left = try ProcessMemory.occurrences(of: masks)
            #expect(left.allSatisfy { $0 == 0 }, "\(left)")
        }
    }
}
