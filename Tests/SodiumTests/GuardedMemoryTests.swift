import Foundation
import Testing

@testable import Sodium

/// What guarded memory promises can only be seen by breaking it, in a process of its own.
@Suite(.timeLimit(.minutes(1))) struct GuardedMemoryTests {
    @Test func writingEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = try SecretBytes([1, 2, 3], memory: .guarded)
            secret.withPointer { UnsafeMutablePointer(mutating: $0)[0] = 9 }
        }
    }

    @Test func readingPastTheEndEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = try SecretBytes([UInt8](repeating: 1, count: 4096), memory: .guarded)
            let past = secret.withPointer { $0[4096 + 16] }
            print(past)
        }
    }

    /// The counterpart: the same steps within bounds end well, so that the tests above fail for the right reason.
    @Test func readingWithinBoundsIsFine() async {
        await #expect(processExitsWith: .success) {
            let secret = try SecretBytes([UInt8](repeating: 1, count: 4096), memory: .guarded)
            precondition(secret.withPointer { $0[4095] } == 1)
        }
    }

    /// A process that may have no more pages gets an error, not its end, and goes on with what it has.
    @Test func exhaustedMemoryIsAnError() async {
        await #expect(processExitsWith: .success) {
            let (size, room) = (4 << 20, 256 << 20)
            let pages = try #require(
                try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ").first)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            limit.rlim_cur = try #require(rlim_t(pages)) * rlim_t(getpagesize()) + rlim_t(room)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
            // Large ones, so that what is left when the last is refused suffices for everything else in this process.
            var secrets: [SecretBytes] = []
            secrets.reserveCapacity(room / size)
            let refusal = #expect(throws: SodiumError.self) {
                while true { secrets.append(try SecretBytes(count: size, memory: .guarded) { _ in }) }
            }
            #expect(refusal?.code == .outOfMemory)
            #expect(secrets.count > room / size / 2)
            #expect(throws: SodiumError.self) { try secrets[0].slice(0..<size).guarded() }
            secrets.removeLast()
            #expect(try SecretBytes(count: size, memory: .guarded) { $0[0] = 7 }.withPointer { $0[0] } == 7)
        }
    }

    /// More than any system has, for every kind of long-lived secret that takes a length.
    @Test func absurdLengthsAreRefused() {
        #expect(code { _ = try SecretBytes(count: .max / 2, memory: .guarded) { _ in } } == .outOfMemory)
        #expect(code { _ = try SecretBytes.random(count: .max / 2, memory: .guarded) } == .outOfMemory)
    }

    /// Many long-lived keys at once, each in pages of its own, all given back.
    @Test func manySecretsAreGuarded() throws {
        for _ in 0..<20 {
            let secrets = try (0..<200).map { try SecretBytes([UInt8(truncatingIfNeeded: $0)], memory: .guarded) }
            #expect(secrets.enumerated().allSatisfy { $1.exposedCopy() == [UInt8(truncatingIfNeeded: $0)] })
        }
    }
}
