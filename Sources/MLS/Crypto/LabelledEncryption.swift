import Sodium

/// HPKE base mode (RFC 9180) with one `info` for many recipients, which is hashed once for all of them: that of a path is
/// a GroupContext, that of a Welcome the whole encrypted GroupInfo.
///
/// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
struct LabelledEncryption: Sendable {
    /// `key_schedule_context` (RFC 9180 §5.1): mode_base, psk_id_hash, info_hash.
    private let scheduleContext: [UInt8]

    init(info: [UInt8]) {
        scheduleContext =
            [0x00] + Self.emptyPSKIDHash + Self.extract(Self.empty, .suite, "info_hash", info).exposedCopy()
    }

    /// SealBase for one recipient.
    /// - Throws: `invalidKey` where the recipient's key is no key.
    func seal(_ plaintext: SecretBytes, to recipient: [UInt8]) throws(MLSError) -> HPKECiphertext {
        do {
            let ephemeral = X25519.PrivateKey()
            let output = ephemeral.publicKey.bytes
            let exchange = try ephemeral.sharedSecret(with: X25519.PublicKey(recipient))
            let keys = try schedule(exchange, kemContext: output + recipient)
            return HPKECiphertext(
                kemOutput: output,
                ciphertext: try ChaCha20Poly1305.seal(plaintext, key: keys.key, nonce: keys.nonce))
        } catch {
            throw MLSError(.invalidKey, "an encryption key cannot be used")
        }
    }

    /// OpenBase.
    /// - Parameter rule: that is broken where the ciphertext does not open.
    func open(_ sealed: HPKECiphertext, with recipient: HPKEKeyPair, rule: Rule) throws(MLSError) -> SecretBytes {
        do {
            let key = try X25519.PrivateKey(
                recipient.privateKey, knownPublicKey: X25519.PublicKey(recipient.publicKey))
            let exchange = try key.sharedSecret(with: X25519.PublicKey(sealed.kemOutput))
            let keys = try schedule(exchange, kemContext: sealed.kemOutput + recipient.publicKey)
            return try ChaCha20Poly1305.openSecret(sealed.ciphertext, key: keys.key, nonce: keys.nonce)
        } catch {
            throw MLSError(rule, "what is encrypted to a public key could not be decrypted")
        }
    }

    /// ExtractAndExpand of the KEM (RFC 9180 §4.1), then the key schedule (§5.1).
    private func schedule(
        _ exchange: SecretBytes, kemContext: [UInt8]
    ) throws(SodiumError) -> (key: SecretBytes, nonce: [UInt8]) {
        let extracted = HKDF.Expander(
            pseudorandomKey: Self.extract(Self.empty, .kem, "eae_prk", inputKeyMaterial: exchange))
        let shared = try extracted.expand(info: Self.expansion(.kem, "shared_secret", kemContext, count: 32), count: 32)
        let secret = HKDF.Expander(pseudorandomKey: Self.extract(shared, .suite, "secret", []))
        let (keyLength, nonceLength) = (ChaCha20Poly1305.keyLength, ChaCha20Poly1305.nonceLength)
        let key = try secret.expand(
            info: Self.expansion(.suite, "key", scheduleContext, count: keyLength), count: keyLength)
        let nonce = try secret.expand(
            info: Self.expansion(.suite, "base_nonce", scheduleContext, count: nonceLength), count: nonceLength)
        return (key, nonce.exposedCopy())
    }

    // MARK: LabeledExtract, LabeledExpand (RFC 9180 §4)

    /// "HPKE-v1" and the identifier of KEM 0x0020, or of the suite of KEM 0x0020, KDF 0x0001, AEAD 0x0003.
    private enum Domain {
        case kem, suite
        static let kemPrefix = Array("HPKE-v1KEM".utf8) + [0x00, 0x20]
        static let suitePrefix = Array("HPKE-v1HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x03]
        var prefix: [UInt8] { self == .kem ? Self.kemPrefix : Self.suitePrefix }
    }

    private static let empty = SecretBytes([])
    private static let emptyPSKIDHash = extract(empty, .suite, "psk_id_hash", []).exposedCopy()

    private static func extract(
        _ salt: SecretBytes, _ domain: Domain, _ label: String, _ inputKeyMaterial: [UInt8]
    ) -> SecretBytes {
        var mac = HMACSHA256(key: salt)
        mac.update(domain.prefix)
        mac.update(Array(label.utf8))
        mac.update(inputKeyMaterial)
        return mac.finish()
    }

    private static func extract(
        _ salt: SecretBytes, _ domain: Domain, _ label: String, inputKeyMaterial: SecretBytes
    ) -> SecretBytes {
        var mac = HMACSHA256(key: salt)
        mac.update(domain.prefix)
        mac.update(Array(label.utf8))
        mac.update(inputKeyMaterial)
        return mac.finish()
    }

    private static func expansion(_ domain: Domain, _ label: String, _ info: [UInt8], count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(info.count + 48)
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: count))
        bytes.append(contentsOf: domain.prefix)
        bytes.append(contentsOf: label.utf8)
        bytes.append(contentsOf: info)
        return bytes
    }
}
