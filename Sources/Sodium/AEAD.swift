internal import CSodium

/// ChaCha20-Poly1305-IETF (RFC 8439): 32-byte key, 12-byte nonce, 16-byte tag at the end of the ciphertext.
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
        return [UInt8](unsafeUninitializedCapacity: plaintext.count + tagLength) { buffer, count in
            key.withUnsafeBytes { keyBytes in
                _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                    buffer.baseAddress!, nil, plaintext, UInt64(plaintext.count), aad, UInt64(aad.count), nil, nonce,
                    keyBytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
            }
            count = plaintext.count + tagLength
        }
    }

    /// - Throws: `wrongLength` for key or nonce; `authenticationFailed` where the tag does not verify.
    public static func open(
        _ ciphertext: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key, nonce: nonce)
        guard ciphertext.count >= tagLength else {
            throw SodiumError(.authenticationFailed, "the ciphertext is shorter than its tag")
        }
        var status: Int32 = -1
        let plaintext = [UInt8](unsafeUninitializedCapacity: ciphertext.count) { buffer, count in
            status = key.withUnsafeBytes { keyBytes in
                crypto_aead_chacha20poly1305_ietf_decrypt(
                    buffer.baseAddress!, nil, nil, ciphertext, UInt64(ciphertext.count), aad, UInt64(aad.count), nonce,
                    keyBytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
            }
            count = status == 0 ? ciphertext.count - tagLength : 0
        }
        guard status == 0 else { throw SodiumError(.authenticationFailed, "the ciphertext does not verify") }
        return plaintext
    }

    private static func check(key: SecretBytes, nonce: [UInt8]) throws(SodiumError) {
        Initialisation.ensure()
        guard key.count == keyLength, nonce.count == nonceLength else {
            throw SodiumError(.wrongLength, "ChaCha20-Poly1305 takes a 32-byte key and a 12-byte nonce")
        }
    }
}

/// XChaCha20-Poly1305-IETF: as ``ChaCha20Poly1305`` with a 24-byte nonce, long enough to be drawn at random.
/// Here the nonce is drawn inside and travels in front of the ciphertext.
public enum XChaCha20Poly1305 {
    public static let keyLength = 32
    public static let nonceLength = 24
    public static let tagLength = 16

    /// Nonce, ciphertext, tag.
    /// - Throws: `wrongLength` for the key.
    public static func seal(
        _ plaintext: [UInt8], key: SecretBytes, authenticating aad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key)
        let nonce = randomBytes(count: nonceLength)
        return [UInt8](unsafeUninitializedCapacity: nonceLength + plaintext.count + tagLength) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: nonce)
            key.withUnsafeBytes { keyBytes in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    buffer.baseAddress! + nonceLength, nil, plaintext, UInt64(plaintext.count), aad,
                    UInt64(aad.count), nil, nonce, keyBytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
            }
            count = nonceLength + plaintext.count + tagLength
        }
    }

    /// - Throws: `wrongLength` for the key; `authenticationFailed` where the tag does not verify.
    public static func open(
        _ sealed: [UInt8], key: SecretBytes, authenticating aad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key)
        guard sealed.count >= nonceLength + tagLength else {
            throw SodiumError(.authenticationFailed, "the sealed value is shorter than nonce and tag")
        }
        var status: Int32 = -1
        let length = sealed.count - nonceLength
        let plaintext = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            status = sealed.withUnsafeBufferPointer { input in
                key.withUnsafeBytes { keyBytes in
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        buffer.baseAddress!, nil, nil, input.baseAddress! + nonceLength, UInt64(length), aad,
                        UInt64(aad.count), input.baseAddress!,
                        keyBytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
                }
            }
            count = status == 0 ? length - tagLength : 0
        }
        guard status == 0 else { throw SodiumError(.authenticationFailed, "the sealed value does not verify") }
        return plaintext
    }

    private static func check(key: SecretBytes) throws(SodiumError) {
        Initialisation.ensure()
        guard key.count == keyLength else {
            throw SodiumError(.wrongLength, "XChaCha20-Poly1305 takes a 32-byte key")
        }
    }
}
