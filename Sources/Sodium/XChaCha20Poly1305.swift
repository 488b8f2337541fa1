internal import CSodium

/// XChaCha20-Poly1305-IETF (draft-irtf-cfrg-xchacha-03): as ``ChaCha20Poly1305`` with a 24-byte nonce, long enough to
/// be drawn at random. Here the nonce is drawn inside and travels in front of the ciphertext.
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
        return seal(plaintext, count: plaintext.count, key: key, aad: aad, nonce: nil)
    }

    /// Seals a secret without a copy of it in the open.
    /// - Throws: `wrongLength` for the key.
    public static func seal(
        _ plaintext: SecretBytes, key: SecretBytes, authenticating aad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key)
        return plaintext.withPointer { seal($0, count: plaintext.count, key: key, aad: aad, nonce: nil) }
    }

    /// With a given nonce, which no other message under the key has: for published test vectors, and for a key that encrypts one
    /// message alone.
    package static func seal(
        _ plaintext: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating aad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try check(key: key)
        guard nonce.count == nonceLength else {
            throw SodiumError(.wrongLength, "XChaCha20-Poly1305 takes a 24-byte nonce")
        }
        return seal(plaintext, count: plaintext.count, key: key, aad: aad, nonce: nonce)
    }

    /// - Throws: `wrongLength` for the key; `authenticationFailed` where the tag does not verify.
    public static func open(
        _ sealed: [UInt8], key: SecretBytes, authenticating aad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        let count = try plaintextCount(sealed, key: key)
        var status: Int32 = -1
        let plaintext = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            status = open(sealed, into: buffer.baseAddress, key: key, aad: aad)
            initialised = status == 0 ? count : 0
        }
        guard status == 0 else { throw failed }
        return plaintext
    }

    /// Opens straight into secret memory.
    /// - Throws: as ``open(_:key:authenticating:)``; `outOfMemory` where no guarded memory is left.
    public static func openSecret(
        _ sealed: [UInt8], key: SecretBytes, authenticating aad: [UInt8], memory: SecretBytes.Memory = .heap
    ) throws(SodiumError) -> SecretBytes {
        let count = try plaintextCount(sealed, key: key)
        return try SecretBytes(uninitialized: count, memory: memory) { (output) throws(SodiumError) in
            guard open(sealed, into: output, key: key, aad: aad) == 0 else { throw failed }
        }
    }

    private static func seal(
        _ plaintext: UnsafePointer<UInt8>, count: Int, key: SecretBytes, aad: [UInt8], nonce: [UInt8]?
    ) -> [UInt8] {
        bytes(nonceLength + count + tagLength) { output in
            if let nonce {
                output.initialize(from: nonce, count: nonceLength)
            } else {
                randombytes_buf(output, nonceLength)
            }
            key.withPointer { key in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    output + nonceLength, nil, plaintext, UInt64(count), aad, UInt64(aad.count), nil, output, key)
            }
        }
    }

    private static func open(
        _ sealed: [UInt8], into output: UnsafeMutablePointer<UInt8>?, key: SecretBytes, aad: [UInt8]
    ) -> Int32 {
        sealed.withUnsafeBufferPointer { input in
            guard let start = input.baseAddress else { return -1 }
            return key.withPointer { key in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    output, nil, nil, start + nonceLength, UInt64(input.count - nonceLength), aad, UInt64(aad.count),
                    start, key)
            }
        }
    }

    private static func plaintextCount(_ sealed: [UInt8], key: SecretBytes) throws(SodiumError) -> Int {
        try check(key: key)
        guard sealed.count >= nonceLength + tagLength else {
            throw SodiumError(.authenticationFailed, "the sealed value is shorter than nonce and tag")
        }
        return sealed.count - nonceLength - tagLength
    }

    private static var failed: SodiumError { SodiumError(.authenticationFailed, "the sealed value does not verify") }

    private static func check(key: SecretBytes) throws(SodiumError) {
        Initialisation.ensure()
        guard key.count == keyLength else {
            throw SodiumError(.wrongLength, "XChaCha20-Poly1305 takes a 32-byte key")
        }
    }
}
