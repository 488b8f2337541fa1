internal import CSodium

/// BLAKE2b (RFC 7693), one-shot and streaming, with or without a key. For content that is not part of a SHA-256
/// protocol, such as files: it is several times faster.
public struct BLAKE2b: ~Copyable, Sendable {
    /// The usual length of a digest, in bytes.
    public static let digestLength = 32
    /// The lengths that a digest may have, in bytes.
    public static let acceptedDigestLengths = 16...64
    /// The lengths that a key may have, in bytes.
    public static let acceptedKeyLengths = 16...64

    private let state: BLAKE2bState
    private let length: Int

    /// Without a key: a hash of ``digestLength`` bytes.
    public init() {
        length = Self.digestLength
        state = BLAKE2bState(key: nil, length: length)
    }

    /// With another length, or keyed: then the digest is a tag, to be compared in constant time.
    /// - Throws: `parameterOutOfRange` for `length`, `wrongLength` for the key.
    public init(key: SecretBytes?, length: Int = digestLength) throws(SodiumError) {
        guard Self.acceptedDigestLengths.contains(length) else {
            throw SodiumError(.parameterOutOfRange, "a BLAKE2b digest has 16 to 64 bytes")
        }
        guard key.map({ Self.acceptedKeyLengths.contains($0.count) }) ?? true else {
            throw SodiumError(.wrongLength, "a BLAKE2b key has 16 to 64 bytes")
        }
        self.length = length
        state = BLAKE2bState(key: key, length: length)
    }

    /// Hashes `bytes` behind what came before.
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// Hashes `bytes` behind what came before.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        crypto_generichash_update(state.pointer, start, UInt64(bytes.count))
    }

    /// The digest of all that was given to `update`.
    public consuming func finish() -> [UInt8] {
        bytes(length) { crypto_generichash_final(state.pointer, $0, length) }
    }

    /// The digest of `bytes`, of ``digestLength``.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        Initialisation.ensure()
        return Sodium.bytes(digestLength) { output in
            crypto_generichash(output, digestLength, bytes, UInt64(bytes.count), nil, 0)
        }
    }
}

/// libsodium wants the state aligned to 64 bytes, which Swift does not promise for a stored property.
private final class BLAKE2bState: @unchecked Sendable {
    // Proof for @unchecked: owned by one BLAKE2b value, which cannot be copied.
    let pointer: OpaquePointer
    private let memory: UnsafeMutableRawPointer

    init(key: SecretBytes?, length: Int) {
        Initialisation.ensure()
        memory = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        pointer = OpaquePointer(memory)
        if let key {
            key.withPointer { _ = crypto_generichash_init(pointer, $0, key.count, length) }
        } else {
            crypto_generichash_init(pointer, nil, 0, length)
        }
    }

    deinit {
        sodium_memzero(memory, crypto_generichash_statebytes())
        memory.deallocate()
    }
}
