/// HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305.
public enum HPKE {
    /// The encapsulated key and the ciphertext with its tag, as RFC 9420 §5.1.3 calls them.
    public struct Sealed: Hashable, Sendable {
        public let encapsulatedKey: [UInt8]
        public let ciphertext: [UInt8]

        public init(encapsulatedKey: [UInt8], ciphertext: [UInt8]) {
            self.encapsulatedKey = encapsulatedKey
            self.ciphertext = ciphertext
        }
    }

    /// SealBase (§6.1): encrypts one message to `recipient`.
    /// - Throws: `weakKey` where the recipient's key is of small order.
    public static func seal(
        _ plaintext: [UInt8], to recipient: X25519.PublicKey, info: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> Sealed {
        var (encapsulatedKey, context) = try setUpSender(recipient: recipient, info: info)
        return Sealed(
            encapsulatedKey: encapsulatedKey, ciphertext: try context.seal(plaintext, authenticating: aad))
    }

    /// OpenBase (§6.1).
    /// - Throws: `wrongLength`, `weakKey` or `authenticationFailed`.
    public static func open(
        _ sealed: Sealed, with recipient: X25519.PrivateKey, info: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        var context = try setUpRecipient(
            encapsulatedKey: sealed.encapsulatedKey, recipient: recipient, info: info)
        return try context.open(sealed.ciphertext, authenticating: aad)
    }

    /// SetupBaseS (§5.1.1): the encapsulated key to send, and a context for many messages.
    public static func setUpSender(
        recipient: X25519.PublicKey, info: [UInt8]
    ) throws(SodiumError) -> (encapsulatedKey: [UInt8], context: HPKEContext) {
        try setUpSender(recipient: recipient, info: info, ephemeral: X25519.PrivateKey())
    }

    /// As above with a given ephemeral key: for published test vectors only.
    package static func setUpSender(
        recipient: X25519.PublicKey, info: [UInt8], ephemeral: X25519.PrivateKey
    ) throws(SodiumError) -> (encapsulatedKey: [UInt8], context: HPKEContext) {
        let encapsulatedKey = ephemeral.publicKey.bytes
        let shared = try DHKEM.sharedSecret(
            exchange: ephemeral.sharedSecret(with: recipient), encapsulatedKey: encapsulatedKey,
            recipient: recipient)
        return (encapsulatedKey, try HPKEContext(sharedSecret: shared, info: info))
    }

    /// SetupBaseR (§5.1.1).
    public static func setUpRecipient(
        encapsulatedKey: [UInt8], recipient: X25519.PrivateKey, info: [UInt8]
    ) throws(SodiumError) -> HPKEContext {
        let shared = try DHKEM.sharedSecret(
            exchange: recipient.sharedSecret(with: X25519.PublicKey(encapsulatedKey)),
            encapsulatedKey: encapsulatedKey, recipient: recipient.publicKey)
        return try HPKEContext(sharedSecret: shared, info: info)
    }

    /// DeriveKeyPair of DHKEM(X25519) (§7.1.3): a key pair from input key material.
    public static func deriveKeyPair(_ inputKeyMaterial: SecretBytes) throws(SodiumError) -> X25519.PrivateKey {
        let pseudorandomKey = HPKELabels.kem.extract(
            salt: SecretBytes([]), label: "dkp_prk", inputKeyMaterial: inputKeyMaterial)
        return try X25519.PrivateKey(
            HPKELabels.kem.expand(pseudorandomKey, label: "sk", info: [], count: X25519.PrivateKey.length))
    }
}

/// The key schedule's result: seals or opens messages in order, and exports secrets (RFC 9180 §5.2, §5.3).
/// Use one context in one direction only.
public struct HPKEContext: Sendable {
    private let key: SecretBytes
    private let baseNonce: [UInt8]
    private let exporterSecret: SecretBytes
    private var sequence: UInt64 = 0

    /// KeySchedule in base mode (§5.1).
    init(sharedSecret: SecretBytes, info: [UInt8]) throws(SodiumError) {
        let labels = HPKELabels.suite
        let empty = SecretBytes([])
        let pskIDHash = labels.extract(salt: empty, label: "psk_id_hash", inputKeyMaterial: empty)
        let infoHash = labels.extract(salt: empty, label: "info_hash", inputKeyMaterial: SecretBytes(info))
        let context = [0x00] + pskIDHash.exposedCopy() + infoHash.exposedCopy()
        let secret = labels.extract(salt: sharedSecret, label: "secret", inputKeyMaterial: empty)
        key = try labels.expand(secret, label: "key", info: context, count: ChaCha20Poly1305.keyLength)
        baseNonce = try labels.expand(
            secret, label: "base_nonce", info: context, count: ChaCha20Poly1305.nonceLength
        ).exposedCopy()
        exporterSecret = try labels.expand(secret, label: "exp", info: context, count: HMACSHA256.tagLength)
    }

    /// - Throws: `messageLimitReached` after 2^64 - 1 messages.
    public mutating func seal(
        _ plaintext: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        let ciphertext = try ChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce(), authenticating: aad)
        sequence += 1
        return ciphertext
    }

    /// A failed opening does not advance the sequence.
    /// - Throws: `authenticationFailed`, `messageLimitReached`.
    public mutating func open(
        _ ciphertext: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        let plaintext = try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce(), authenticating: aad)
        sequence += 1
        return plaintext
    }

    /// Export (§5.3): `count` bytes bound to `exporterContext`.
    /// - Throws: `outputTooLong`.
    public func export(_ exporterContext: [UInt8], count: Int) throws(SodiumError) -> SecretBytes {
        try HPKELabels.suite.expand(exporterSecret, label: "sec", info: exporterContext, count: count)
    }

    private func nonce() throws(SodiumError) -> [UInt8] {
        guard sequence < .max else {
            throw SodiumError(.messageLimitReached, "this HPKE context has used all its nonces")
        }
        var nonce = baseNonce
        for index in 0..<8 { nonce[nonce.count - 1 - index] ^= UInt8(truncatingIfNeeded: sequence >> (8 * index)) }
        return nonce
    }
}

/// ExtractAndExpand of DHKEM (RFC 9180 §4.1).
private enum DHKEM {
    static func sharedSecret(
        exchange: SecretBytes, encapsulatedKey: [UInt8], recipient: X25519.PublicKey
    ) throws(SodiumError) -> SecretBytes {
        let pseudorandomKey = HPKELabels.kem.extract(
            salt: SecretBytes([]), label: "eae_prk", inputKeyMaterial: exchange)
        return try HPKELabels.kem.expand(
            pseudorandomKey, label: "shared_secret", info: encapsulatedKey + recipient.bytes, count: 32)
    }
}

/// LabeledExtract and LabeledExpand (RFC 9180 §4) for one suite identifier.
struct HPKELabels: Sendable {
    private let suiteID: [UInt8]

    /// kem_id 0x0020.
    static let kem = HPKELabels(suiteID: Array("KEM".utf8) + [0x00, 0x20])
    /// kem_id 0x0020, kdf_id 0x0001, aead_id 0x0003.
    static let suite = HPKELabels(suiteID: Array("HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x03])

    func extract(salt: SecretBytes, label: String, inputKeyMaterial: SecretBytes) -> SecretBytes {
        var mac = HMACSHA256(key: salt)
        mac.update(Array("HPKE-v1".utf8) + suiteID + Array(label.utf8))
        mac.update(inputKeyMaterial)
        return mac.finish()
    }

    func expand(
        _ pseudorandomKey: SecretBytes, label: String, info: [UInt8], count: Int
    ) throws(SodiumError) -> SecretBytes {
        let length = [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
        return try HKDF.expand(
            pseudorandomKey: pseudorandomKey,
            info: length + Array("HPKE-v1".utf8) + suiteID + Array(label.utf8) + info, count: count)
    }
}
