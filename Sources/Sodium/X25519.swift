internal import CSodium

/// X25519 key agreement (RFC 7748). Keys and shared secrets are 32 bytes.
public enum X25519 {
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
    }

    public struct PrivateKey: Sendable {
        public static let length = 32
        public let bytes: SecretBytes
        public let publicKey: PublicKey

        /// A new key from the system's randomness.
        public init(memory: SecretBytes.Memory = .heap) {
            self.init(valid: .random(count: Self.length, memory: memory))
        }

        /// - Throws: `wrongLength` where there are not 32 bytes.
        public init(_ bytes: SecretBytes) throws(SodiumError) {
            guard bytes.count == Self.length else {
                throw SodiumError(.wrongLength, "an X25519 private key has 32 bytes")
            }
            self.init(valid: bytes)
        }

        private init(valid bytes: SecretBytes) {
            Initialisation.ensure()
            self.bytes = bytes
            let point = [UInt8](unsafeUninitializedCapacity: PublicKey.length) { buffer, count in
                bytes.withUnsafeBytes { scalar in
                    _ = crypto_scalarmult_base(
                        buffer.baseAddress!, scalar.baseAddress!.assumingMemoryBound(to: UInt8.self))
                }
                count = PublicKey.length
            }
            publicKey = PublicKey(validated: point)
        }

        /// The raw Diffie-Hellman result: never a key by itself, always to be put through a KDF.
        /// - Throws: `weakKey` where the result is all zeros.
        public func sharedSecret(with peer: PublicKey) throws(SodiumError) -> SecretBytes {
            try SecretBytes(count: 32) { (buffer) throws(SodiumError) in
                let status = bytes.withUnsafeBytes { scalar in
                    crypto_scalarmult(
                        buffer.baseAddress!.assumingMemoryBound(to: UInt8.self),
                        scalar.baseAddress!.assumingMemoryBound(to: UInt8.self), peer.bytes)
                }
                guard status == 0 else { throw SodiumError(.weakKey, "the peer's key is of small order") }
            }
        }
    }
}

extension X25519.PublicKey {
    fileprivate init(validated bytes: [UInt8]) { self.bytes = bytes }
}
