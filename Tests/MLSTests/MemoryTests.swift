#if os(Linux)
    import Foundation
    import Sodium
    import Testing
    import WireFormat

    @testable import MLS

    /// Looks for secrets that must be gone in all of this process's writable memory, not only in what a group stores (§9.2,
    /// §14). Each is known here only under a mask, so that the search does not find itself.
    @Suite(.serialized) struct MemoryTests {
        /// A secret under a mask.
        private struct Masked {
            let bytes: [UInt8]

            init(_ secret: SecretBytes) { bytes = secret.withUnsafeBytes { $0.map { $0 ^ 0xa5 } } }

            func matches(_ start: UnsafePointer<UInt8>) -> Bool {
                bytes.indices.allSatisfy { start[$0] ^ 0xa5 == bytes[$0] }
            }
        }

        /// How often each secret is in memory.
        private func occurrences(of secrets: [Masked]) throws -> [Int] {
            var counts = [Int](repeating: 0, count: secrets.count)
            let memory = open("/proc/self/mem", O_RDONLY)
            try #require(memory >= 0)
            defer { close(memory) }
            for line in try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count >= 2, words[1].hasPrefix("rw"), words.count < 6 || words[5] == "[heap]" else {
                    continue
                }
                let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard ends.count == 2, ends[1] - ends[0] < 1 << 30 else { continue }
                search(memory, from: ends[0], to: ends[1], secrets, &counts)
            }
            return counts
        }

        private func search(
            _ memory: CInt, from start: UInt, to end: UInt, _ secrets: [Masked], _ counts: inout [Int]
        ) {
            let chunk = 1 << 16
            let overlap = 64
            var firsts: [UInt8: [Int]] = [:]
            for (number, secret) in secrets.enumerated() { firsts[secret.bytes[0] ^ 0xa5, default: []].append(number) }
            // Read piece by piece into one buffer, which is wiped: the search must not leave copies for the next one.
            let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: chunk + overlap)
            defer { buffer.deallocate() }
            let own = UInt(bitPattern: buffer)..<UInt(bitPattern: buffer) + UInt(chunk + overlap)
            for position in stride(from: start, to: end, by: chunk) {
                let wanted = Int(min(UInt(chunk + overlap), end - position))
                let count = pread(memory, buffer, wanted, Int(position))
                defer { memset(buffer, 0, chunk + overlap) }
                guard count > 32 else { continue }
                for offset in 0..<min(count - 32, chunk) where !own.contains(position + UInt(offset)) {
                    guard let candidates = firsts[buffer[offset]] else { continue }
                    for number in candidates where secrets[number].matches(buffer + offset) { counts[number] += 1 }
                }
            }
        }

        private func secrets(of group: Group) throws -> [Masked] {
            let secrets = try group.activeSecrets()
            return [
                secrets.senderDataSecret, secrets.exporterSecret, secrets.externalSecret, secrets.confirmationKey,
                secrets.membershipKey, secrets.resumptionPSK, secrets.epochAuthenticator, secrets.initSecret,
            ].map { Masked($0) } + group.keys.keys.values.map { Masked($0) }
        }

        @Test func anEpochsSecretsLeaveMemory() throws {
            var assembly = try Assembly(["ada", "ben", "cyd"])
            let old = try assembly.members.flatMap { member -> [Masked] in
                // Ada will commit; keys of leaves and nodes that her path does not touch stay.
                let all = try secrets(of: member.group)
                return Array(all.prefix(8))
            }
            #expect(try occurrences(of: old).allSatisfy { $0 > 0 })
            try assembly.commit(by: "ada")
            let left = try occurrences(of: old)
            #expect(left.allSatisfy { $0 == 0 }, "\(left)")
        }

        @Test func usedMessageKeysLeaveMemory() throws {
            var assembly = try Assembly(["ada", "ben"])
            let ada = assembly["ada"].group
            // What the third message will use, and all that it is derived from.
            let masks = try { () throws -> [Masked] in
                let tree = try #require(ada.messageKeys)
                let keys = try (UInt32(0)..<3).map {
                    try tree.key(of: ada.ownIndex, ratchet: .application, generation: $0).0
                }
                return keys.flatMap { [Masked($0.key)] }
            }()
            let messages = try (0..<3).map { _ in
                try assembly["ada"].group.protect([1], signer: assembly["ada"].party.signer)
            }
            // The third comes first: then the other two keys wait, and no longer.
            _ = try assembly["ben"].group.process(messages[2], judge: AnyoneMay())
            var left = try occurrences(of: masks)
            #expect(left[0] > 0 && left[1] > 0 && left[2] == 0, "\(left)")
            for number in 0..<2 { _ = try assembly["ben"].group.process(messages[number], judge: AnyoneMay()) }
            left = try occurrences(of: masks)
            #expect(left.allSatisfy { $0 == 0 }, "\(left)")
        }

        @Test func aJoinersSecretsLeaveMemory() throws {
            let (ada, ben) = (try Party("ada"), try Party("ben"))
            var masks: [Masked] = []
            let group = try { () throws -> Group in
                let bundle = try ben.bundle()
                var plan = CommitPlan()
                plan.adds = [bundle.keyPackage]
                let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
                let message = try #require(pending.welcomes.first)
                guard case .welcome(let welcome) = try MLSMessage(checking: message) else { throw UnexpectedResult() }
                let opened = try WelcomeOpening(
                    welcome, entry: welcome.secrets[0], bundle: bundle, suite: .x25519ChaCha20SHA256Ed25519
                ) { _ in nil }
                let schedule = try KeySchedule(
                    joinerSecret: opened.secrets.joinerSecret, pskSecret: opened.pskSecret,
                    context: pending.next.context)
                masks = [
                    bundle.initPrivateKey, schedule.joinerSecret, schedule.welcomeSecret, schedule.epochSecret,
                    try #require(opened.secrets.pathSecret),
                ].map { Masked($0) }
                #expect(try occurrences(of: masks).allSatisfy { $0 > 0 })
                return try ben.join(message, with: bundle)
            }()
            #expect(group.isActive)
            let left = try occurrences(of: masks)
            #expect(left.allSatisfy { $0 == 0 }, "\(left)")
        }
    }
#endif
