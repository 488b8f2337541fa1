import Testing

@testable import Sodium

/// What guarded memory promises can only be seen by breaking it, in a process of its own.
@Suite(.timeLimit(.minutes(1))) struct GuardedMemoryTests {
    @Test func writingEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = SecretBytes([1, 2, 3], memory: .guarded)
            secret.withPointer { UnsafeMutablePointer(mutating: $0)[0] = 9 }
        }
    }

    @Test func readingPastTheEndEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = SecretBytes([UInt8](repeating: 1, count: 4096), memory: .guarded)
            let past = secret.withPointer { $0[4096 + 16] }
            print(past)
        }
    }

    /// The counterpart: the same steps within bounds end well, so that the tests above fail for the right reason.
    @Test func readingWithinBoundsIsFine() async {
        await #expect(processExitsWith: .success) {
            let secret = SecretBytes([UInt8](repeating: 1, count: 4096), memory: .guarded)
            precondition(secret.withPointer { $0[4095] } == 1)
        }
    }

    /// Many long-lived keys at once, each in pages of its own, all given back.
    @Test func manySecretsAreGuarded() {
        for _ in 0..<20 {
            let secrets = (0..<200).map { SecretBytes([UInt8(truncatingIfNeeded: $0)], memory: .guarded) }
            #expect(secrets.enumerated().allSatisfy { $1.exposedCopy() == [UInt8(truncatingIfNeeded: $0)] })
        }
    }
}
