internal import CSodium

/// ChaCha20-Poly1305-IETF (RFC 8439 §2.8): 32-byte key, 12-byte nonce, 16-byte tag at the end of the ciphertext.
/// A nonce must never repeat under one key; use it with counters, or with keys that are used once.
public enum ChaCha20Poly1305 {
    public static let keyLength = 32
    public static let nonceLength = 12
    public static let tagLength = 16

    /// - Throws: `wrongLength` for key or nonce.
    public static func seal(
        _ plaintext: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key, nonce: nonce)
        return seal(plaintext, count: plaintext.count, key: key, nonce: nonce, aad: aad)
    }

    /// Seals a secret without a copy of it in the open.
    /// - Throws: `wrongLength` for key or nonce.
    public static func seal(
        _ plaintext: SecretBytes, key: SecretBytes, nonce: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key, nonce: nonce)
        return plaintext.withPointer { seal($0, count: plaintext.count, key: key, nonce: nonce, aad: aad) }
    }

    /// - Throws: `wrongLength` for key or nonce; `authenticationFailed` where the tag does not verify.
    public static func open(
        _ ciphertext: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        let count = try plaintextCount(ciphertext, key: key, nonce: nonce)
        var status: Int32 = -1
        let plaintext = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            status = open(ciphertext, into: buffer.baseAddress, key: key, nonce: nonce, aad: aad)
            initialised = status == 0 ? count : 0
        }
        guard status == 0 else { throw failed }
        return plaintext
    }

    /// Opens straight into secret memory.
    /// - Throws: as ``open(_:key:nonce:authenticating:)``.
    public static func openSecret(
        _ ciphertext: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> SecretBytes {
        let count = try plaintextCount(ciphertext, key: key, nonce: nonce)
        return try SecretBytes(uninitialized: count) { (output) throws(SodiumError) in
            guard open(ciphertext, into: output, key: key, nonce: nonce, aad: aad) == 0 else { throw failed }
        }
    }

    private static func seal(
        _ plaintext: UnsafePointer<UInt8>, count: Int, key: SecretBytes, nonce: [UInt8], aad: [UInt8]
    ) -> [UInt8] {
        bytes(count + tagLength) { output in
            key.withPointer { key in
                _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                    output, nil, plaintext, UInt64(count), aad, UInt64(aad.count), nil, nonce, key)
            }
        }
    }

    private static func open(
        _ ciphertext: [UInt8], into output: UnsafeMutablePointer<UInt8>?, key: SecretBytes, nonce: [UInt8], aad: [UInt8]
    ) -> Int32 {
        key.withPointer { key in
            crypto_aead_chacha20poly1305_ietf_decrypt(
                output, nil, nil, ciphertext, UInt64(ciphertext.count), aad, UInt64(aad.count), nonce, key)
        }
    }

    private static func plaintextCount(
        _ ciphertext: [UInt8], key: SecretBytes, nonce: [UInt8]
    ) throws(SodiumError) -> Int {
        try check(key: key, nonce: nonce)
        guard ciphertext.count >= tagLength else {
            throw SodiumError(.authenticationFailed, "the ciphertext is shorter than its tag")
        }
        return ciphertext.count - tagLength
    }

    private static var failed: SodiumError { SodiumError(.authenticationFailed, "the ciphertext does not verify") }

    private static func check(key: SecretBytes, nonce: [UInt8]) throws(SodiumError) {
        Initialisation.ensure()
        guard key.count == keyLength, nonce.count == nonceLength else {
            throw SodiumError(.wrongLength, "ChaCha20-Poly1305 takes a 32-byte key and a 12-byte nonce")
        }
    }
}
