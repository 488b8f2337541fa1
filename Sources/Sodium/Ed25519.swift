internal import CSodium

/// Ed25519 signatures (RFC 8032). Signatures are 64 bytes, public keys 32, seeds 32.
public enum Ed25519 {
    public static let signatureLength = 64

    /// A verifying key, as received: 32 bytes that are only known to be a key once a signature verifies.
    public struct PublicKey: Hashable, Sendable {
        public static let length = 32
        public let bytes: [UInt8]

        /// - Throws: `wrongLength` where there are not 32 bytes.
        public init(_ bytes: [UInt8]) throws(SodiumError) {
            guard bytes.count == Self.length else {
                throw SodiumError(.wrongLength, "an Ed25519 public key has 32 bytes")
            }
            self.bytes = bytes
        }

        fileprivate init(made bytes: [UInt8]) { self.bytes = bytes }

        /// Whether `signature` is this key's over `message`. False, never a trap, for malformed keys and signatures;
        /// libsodium refuses small-order keys and non-canonical encodings.
        public func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
            Initialisation.ensure()
            guard signature.count == signatureLength else { return false }
            return crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
        }
    }

    /// A signing key. Holds seed and public key together, as libsodium wants them.
    public struct PrivateKey: Sendable {
        public static let seedLength = 32
        private let expanded: SecretBytes
        public let publicKey: PublicKey

        /// A new key from the system's randomness, on the heap.
        public init() {
            var publicBytes = [UInt8](repeating: 0, count: PublicKey.length)
            expanded = SecretBytes(uninitialized: 64) { _ = crypto_sign_keypair(&publicBytes, $0) }
            publicKey = PublicKey(made: publicBytes)
        }

        /// A new key from the system's randomness, in `memory`.
        /// - Throws: `outOfMemory` where no guarded memory is left.
        public init(memory: SecretBytes.Memory) throws(SodiumError) {
            try self.init(seed: .random(count: Self.seedLength), memory: memory)
        }

        /// - Throws: `wrongLength` where the seed has not 32 bytes; `outOfMemory` where no guarded memory is left.
        public init(seed: SecretBytes, memory: SecretBytes.Memory = .heap) throws(SodiumError) {
            guard seed.count == Self.seedLength else {
                throw SodiumError(.wrongLength, "an Ed25519 seed has 32 bytes")
            }
            var publicBytes = [UInt8](repeating: 0, count: PublicKey.length)
            expanded = try SecretBytes(uninitialized: 64, memory: memory) { output in
                seed.withPointer { _ = crypto_sign_seed_keypair(&publicBytes, output, $0) }
            }
            publicKey = PublicKey(made: publicBytes)
        }

        /// The 32 bytes to store, sealed.
        public var seed: SecretBytes { expanded.slice(0..<Self.seedLength) }

        /// The 64-byte signature over `message`. Put a domain label into every message that is signed.
        public func signature(for message: [UInt8]) -> [UInt8] {
            Sodium.bytes(signatureLength) { output in
                expanded.withPointer { _ = crypto_sign_detached(output, nil, message, UInt64(message.count), $0) }
            }
        }
    }
}
