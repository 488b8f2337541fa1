internal import CSodium

/// X25519 key agreement (RFC 7748). Keys and shared secrets are 32 bytes.
public enum X25519 {
    /// A peer's key, as received. Any 32 bytes are one; whether it is of use shows at agreement.
    public struct PublicKey: Hashable, Sendable {
        public static let length = 32
        public let bytes: [UInt8]

        /// - Throws: `wrongLength` where there are not 32 bytes. Small-order points are refused at agreement.
        public init(_ bytes: [UInt8]) throws(SodiumError) {
            guard bytes.count == Self.length else {
                throw SodiumError(.wrongLength, "an X25519 public key has 32 bytes")
            }
            self.bytes = bytes
        }

        fileprivate init(made bytes: [UInt8]) { self.bytes = bytes }
    }

    /// One's own key, with its public key.
    public struct PrivateKey: Sendable {
        public static let length = 32
        /// The 32 bytes to store, sealed.
        public let bytes: SecretBytes
        public let publicKey: PublicKey

        /// A new key from the system's randomness.
        public init(memory: SecretBytes.Memory = .heap) {
            self.init(valid: .random(count: Self.length, memory: memory))
        }

        /// - Throws: `wrongLength` where there are not 32 bytes.
        public init(_ bytes: SecretBytes) throws(SodiumError) {
            try Self.check(bytes)
            self.init(valid: bytes)
        }

        /// A key whose public key is known already: saves a multiplication, a good part of what opening an HPKE message
        /// costs. Only for a pair that was made together and kept together. With a public key that is not this one's,
        /// what is sealed to the real one does not open.
        /// - Throws: `wrongLength` where there are not 32 bytes.
        public init(_ bytes: SecretBytes, knownPublicKey: PublicKey) throws(SodiumError) {
            try Self.check(bytes)
            self.bytes = bytes
            publicKey = knownPublicKey
        }

        private static func check(_ bytes: SecretBytes) throws(SodiumError) {
            guard bytes.count == length else {
                throw SodiumError(.wrongLength, "an X25519 private key has 32 bytes")
            }
        }

        private init(valid bytes: SecretBytes) {
            self.bytes = bytes
            publicKey = PublicKey(
                made: Sodium.bytes(PublicKey.length) { output in
                    bytes.withPointer { _ = crypto_scalarmult_base(output, $0) }
                })
        }

        /// The raw Diffie-Hellman result: never a key by itself, always to be put through a KDF.
        /// - Throws: `weakKey` where the result is all zeros (RFC 7748 §6.1).
        public func sharedSecret(with peer: PublicKey) throws(SodiumError) -> SecretBytes {
            try SecretBytes(uninitialized: 32) { (output) throws(SodiumError) in
                guard bytes.withPointer({ crypto_scalarmult(output, $0, peer.bytes) }) == 0 else {
                    throw SodiumError(.weakKey, "the peer's key is of small order")
                }
            }
        }
    }
}
