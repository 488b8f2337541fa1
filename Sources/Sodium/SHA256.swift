internal import CSodium

/// SHA-256 (FIPS 180-4), one-shot and streaming. Digests are 32 bytes.
public struct SHA256: Sendable {
    public static let digestLength = 32
    private var state = crypto_hash_sha256_state()

    public init() {
        Initialisation.ensure()
        crypto_hash_sha256_init(&state)
    }

    /// Hashes `bytes` behind what came before.
    public mutating func update(_ bytes: [UInt8]) {
        crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count))
    }

    /// Hashes `bytes` behind what came before.
    public mutating func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

    /// Hashes `bytes` behind what came before.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        crypto_hash_sha256_update(&state, start, UInt64(bytes.count))
    }

    /// The digest of all that was given to `update`. Leaves this value as it is, so that hashing can go on.
    public func digest() -> [UInt8] {
        var copy = state
        return Sodium.bytes(Self.digestLength) { crypto_hash_sha256_final(&copy, $0) }
    }

    /// The digest of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        Initialisation.ensure()
        return Sodium.bytes(digestLength) { crypto_hash_sha256($0, bytes, UInt64(bytes.count)) }
    }
}
