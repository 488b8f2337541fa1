internal import CSodium

/// HMAC-SHA-256 (RFC 2104), one-shot and streaming. Tags are 32 bytes; keys may have any length, zero too.
public struct HMACSHA256: Sendable {
    public static let tagLength = 32
    private var state = crypto_auth_hmacsha256_state()

    public init(key: SecretBytes) {
        Initialisation.ensure()
        // A SecretBytes always has an address, also when empty: libsodium must never be given NULL here.
        key.withUnsafeBytes { bytes in
            _ = crypto_auth_hmacsha256_init(
                &state, bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
    }

    public mutating func update(_ secret: SecretBytes) {
        secret.withUnsafeBytes { bytes in
            _ = crypto_auth_hmacsha256_update(
                &state, bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
        }
    }

    /// The tag as a secret, for key derivation. Ends this computation.
    public consuming func finish() -> SecretBytes {
        SecretBytes(count: Self.tagLength) { buffer in
            _ = crypto_auth_hmacsha256_final(&state, buffer.baseAddress!.assumingMemoryBound(to: UInt8.self))
            sodium_memzero(&state, MemoryLayout.size(ofValue: state))
        }
    }

    /// The tag over `message` under `key`.
    public static func tag(_ message: [UInt8], key: SecretBytes) -> [UInt8] {
        var mac = HMACSHA256(key: key)
        mac.update(message)
        return mac.finish().exposedCopy()
    }

    /// Whether `tag` is the tag over `message` under `key`, compared in constant time.
    public static func isValid(_ tag: [UInt8], for message: [UInt8], key: SecretBytes) -> Bool {
        constantTimeEquals(tag, self.tag(message, key: key))
    }
}
