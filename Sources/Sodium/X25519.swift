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

        /// Whether agreement with this key gives zeros whatever the private key is, so that every agreement refuses it.
        /// Takes next to nothing: for keys that are received now and used later.
        public var isOfSmallOrder: Bool { Self.smallOrder.contains(bytes) }

        /// The seven encodings of points of order 1, 2, 4 and 8 on the curve and its twist (RFC 7748 §5), each with the
        /// highest bit clear and set, as that bit is left out of account.
        private static let smallOrder: Set<[UInt8]> = {
            let prime: [UInt8] = [0xed] + Array(repeating: 0xff, count: 30) + [0x7f]
            func near(_ difference: UInt8) -> [UInt8] { [prime[0] &+ difference] + prime.dropFirst() }
            func small(_ value: UInt8) -> [UInt8] { [value] + Array(repeating: 0, count: 31) }
            let ofOrderEight: [[UInt8]] = [
                [
                    0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
                    0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
                ],
                [
                    0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
                    0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
                ],
            ]
            let clear = [small(0), small(1), near(0), near(1), near(0xff)] + ofOrderEight
            return Set(clear + clear.map { Array($0.dropLast()) + [$0[31] | 0x80] })
        }()
    }

    /// One's own key, with its public key.
    public struct PrivateKey: Sendable {
        public static let length = 32
        /// The 32 bytes to store, sealed.
        public let bytes: SecretBytes
        public let publicKey: PublicKey

        /// A new key from the system's randomness, on the heap.
        public init() { self.init(valid: .random(count: Self.length)) }

        /// A new key from the system's randomness, in `memory`.
        /// - Throws: `outOfMemory` where no guarded memory is left.
        public init(memory: SecretBytes.Memory) throws(SodiumError) {
            self.init(valid: try .random(count: Self.length, memory: memory))
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
