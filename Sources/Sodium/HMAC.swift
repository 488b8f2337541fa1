internal import CSodium

/// HMAC-SHA-256 (RFC 2104), one-shot and streaming. Tags are 32 bytes; keys may have any length, zero too.
///
/// A computation is finished once: the type cannot be copied, and ``finish()`` consumes it.
public struct HMACSHA256: ~Copyable, Sendable {
    public static let tagLength = 32
    private var state = crypto_auth_hmacsha256_state()

    public init(key: SecretBytes) {
        Initialisation.ensure()
        key.withPointer { _ = crypto_auth_hmacsha256_init(&state, $0, key.count) }
    }

    /// Goes on from where another computation stood: see ``keyed(_:)``.
    init(resuming stored: SecretBytes) {
        stored.withUnsafeBytes { bytes in withUnsafeMutableBytes(of: &state) { $0.copyMemory(from: bytes) } }
    }

    /// The state after the key was taken in, as secret as the key itself. Resuming it saves two of the four or more
    /// blocks that a short tag hashes.
    static func keyed(_ key: SecretBytes) -> SecretBytes {
        SecretBytes(count: MemoryLayout<crypto_auth_hmacsha256_state>.size) { buffer in
            let state = buffer.bindMemory(to: crypto_auth_hmacsha256_state.self).baseAddress
            if let state { key.withPointer { _ = crypto_auth_hmacsha256_init(state, $0, key.count) } }
        }
    }

    /// Takes in `bytes` behind what came before.
    public mutating func update(_ bytes: [UInt8]) {
        crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
    }

    /// Takes in `secret` behind what came before.
    public mutating func update(_ secret: SecretBytes) {
        secret.withPointer { _ = crypto_auth_hmacsha256_update(&state, $0, UInt64(secret.count)) }
    }

    /// Takes in `bytes` behind what came before.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        crypto_auth_hmacsha256_update(&state, start, UInt64(bytes.count))
    }

    /// One byte, or a label that is part of the program, without an array for it.
    mutating func update(_ byte: UInt8) { withUnsafeBytes(of: byte) { update($0) } }
    mutating func update(_ text: StaticString) {
        text.withUTF8Buffer { update(UnsafeRawBufferPointer($0)) }
    }

    /// The tag as a secret, for key derivation.
    public consuming func finish() -> SecretBytes {
        SecretBytes(uninitialized: Self.tagLength) { finish(into: $0) }
    }

    /// The tag as bytes to send.
    public consuming func finishTag() -> [UInt8] { bytes(Self.tagLength) { finish(into: $0) } }

    /// Whether the tag is `tag`, compared in constant time.
    public consuming func finish(comparing tag: [UInt8]) -> Bool { constantTimeEquals(tag, finishTag()) }

    /// Writes the tag's 32 bytes, and wipes the key's traces.
    mutating func finish(into output: UnsafeMutablePointer<UInt8>) {
        crypto_auth_hmacsha256_final(&state, output)
        sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
    }

    /// The tag over `message` under `key`.
    public static func tag(_ message: [UInt8], key: SecretBytes) -> [UInt8] {
        var mac = HMACSHA256(key: key)
        mac.update(message)
        return mac.finishTag()
    }

    /// Whether `tag` is the tag over `message` under `key`, compared in constant time.
    public static func isValid(_ tag: [UInt8], for message: [UInt8], key: SecretBytes) -> Bool {
        var mac = HMACSHA256(key: key)
        mac.update(message)
        return mac.finish(comparing: tag)
    }
}
