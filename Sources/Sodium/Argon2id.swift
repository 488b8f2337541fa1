internal import CSodium

/// Argon2id v1.3 (RFC 9106): turns a passphrase into a key, slowly on purpose.
public enum Argon2id {
    /// In bytes. A salt is drawn at random, and stored beside what the key opens.
    public static let saltLength = 16

    /// Cost of one derivation. Stored beside the salt, so that it can be raised later.
    public struct Parameters: Hashable, Sendable {
        /// Passes over memory.
        public let passes: Int
        /// Memory, in KiB.
        public let memoryKiB: Int

        /// The range that is accepted when parameters come from a file, so that a forged one can neither make the
        /// derivation worthless nor take all memory: 1 to 16 passes.
        public static let acceptedPasses = 1...16
        /// As ``acceptedPasses``: 8 MiB to 2 GiB.
        public static let acceptedMemoryKiB = 8 * 1024...2 * 1024 * 1024

        /// - Throws: `parameterOutOfRange`.
        public init(passes: Int, memoryKiB: Int) throws(SodiumError) {
            guard Self.acceptedPasses.contains(passes), Self.acceptedMemoryKiB.contains(memoryKiB) else {
                throw SodiumError(.parameterOutOfRange, "Argon2id takes 1 to 16 passes over 8 MiB to 2 GiB")
            }
            self.passes = passes
            self.memoryKiB = memoryKiB
        }

        private init(trusted passes: Int, memoryKiB: Int) {
            self.passes = passes
            self.memoryKiB = memoryKiB
        }

        /// The second recommendation of RFC 9106 §4, for machines short of memory: 3 passes over 64 MiB.
        public static let standard = Parameters(trusted: 3, memoryKiB: 64 * 1024)
    }

    /// A key of `count` bytes (16 or more) from `passphrase`.
    /// - Throws: `wrongLength` for the salt, `parameterOutOfRange` for `count`, `outOfMemory`.
    public static func deriveKey(
        passphrase: SecretBytes, salt: [UInt8], parameters: Parameters, count: Int = 32
    ) throws(SodiumError) -> SecretBytes {
        Initialisation.ensure()
        guard salt.count == saltLength else {
            throw SodiumError(.wrongLength, "an Argon2id salt has \(saltLength) bytes")
        }
        guard count >= 16, count <= 1024 else {
            throw SodiumError(.parameterOutOfRange, "an Argon2id key has 16 to 1024 bytes")
        }
        return try SecretBytes(uninitialized: count, memory: .guarded) { (output) throws(SodiumError) in
            let status = passphrase.withPointer { secret in
                crypto_pwhash(
                    output, UInt64(count), UnsafeRawPointer(secret).assumingMemoryBound(to: CChar.self),
                    UInt64(passphrase.count), salt,
                    UInt64(parameters.passes), parameters.memoryKiB * 1024, crypto_pwhash_ALG_ARGON2ID13)
            }
            guard status == 0 else {
                throw SodiumError(.outOfMemory, "no memory for Argon2id (\(parameters.memoryKiB) KiB)")
            }
        }
    }
}
