/// HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305.
public enum HPKE {
    /// The encapsulated key and the ciphertext with its tag, as RFC 9420 §5.1.3 calls them.
    public struct Sealed: Hashable, Sendable {
        /// `enc` of RFC 9180, an ephemeral X25519 public key: 32 bytes.
        public let encapsulatedKey: [UInt8]
        /// 16 bytes longer than the plaintext: the tag is at its end.
        public let ciphertext: [UInt8]

        /// From what was received. Checked only where it is opened.
        public init(encapsulatedKey: [UInt8], ciphertext: [UInt8]) {
            self.encapsulatedKey = encapsulatedKey
            self.ciphertext = ciphertext
        }
    }

    // MARK: Single shot (§6.1)

    /// SealBase: encrypts one message to `recipient`.
    /// - Throws: `weakKey` where the recipient's key is of small order.
    public static func seal(
        _ plaintext: [UInt8], to recipient: X25519.PublicKey, info: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> Sealed {
        let (encapsulatedKey, schedule) = try encapsulate(
            to: recipient, info: Info(info), ephemeral: X25519.PrivateKey())
        let ciphertext = try ChaCha20Poly1305.seal(
            plaintext, key: schedule.key, nonce: schedule.baseNonce, authenticating: aad)
        return Sealed(encapsulatedKey: encapsulatedKey, ciphertext: ciphertext)
    }

    /// SealBase for a secret, without a copy of it in the open.
    /// - Throws: `weakKey` where the recipient's key is of small order.
    public static func seal(
        _ plaintext: SecretBytes, to recipient: X25519.PublicKey, info: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> Sealed {
        try seal(plaintext, to: recipient, info: Info(info), authenticating: aad)
    }

    /// SealBase for a secret, one of many to which the same `info` is bound.
    /// - Throws: `weakKey` where the recipient's key is of small order.
    public static func seal(
        _ plaintext: SecretBytes, to recipient: X25519.PublicKey, info: Info, authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> Sealed {
        let (encapsulatedKey, schedule) = try encapsulate(to: recipient, info: info, ephemeral: X25519.PrivateKey())
        let ciphertext = try ChaCha20Poly1305.seal(
            plaintext, key: schedule.key, nonce: schedule.baseNonce, authenticating: aad)
        return Sealed(encapsulatedKey: encapsulatedKey, ciphertext: ciphertext)
    }

    /// OpenBase.
    /// - Throws: `wrongLength`, `weakKey` or `authenticationFailed`.
    public static func open(
        _ sealed: Sealed, with recipient: X25519.PrivateKey, info: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> [UInt8] {
        let schedule = try decapsulate(sealed.encapsulatedKey, recipient: recipient, info: Info(info))
        return try ChaCha20Poly1305.open(
            sealed.ciphertext, key: schedule.key, nonce: schedule.baseNonce, authenticating: aad)
    }

    /// OpenBase straight into secret memory.
    /// - Throws: `wrongLength`, `weakKey` or `authenticationFailed`.
    public static func openSecret(
        _ sealed: Sealed, with recipient: X25519.PrivateKey, info: [UInt8], authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> SecretBytes {
        try openSecret(sealed, with: recipient, info: Info(info), authenticating: aad)
    }

    /// OpenBase straight into secret memory, with an `info` that many messages share.
    /// - Throws: `wrongLength`, `weakKey` or `authenticationFailed`.
    public static func openSecret(
        _ sealed: Sealed, with recipient: X25519.PrivateKey, info: Info, authenticating aad: [UInt8] = []
    ) throws(SodiumError) -> SecretBytes {
        let schedule = try decapsulate(sealed.encapsulatedKey, recipient: recipient, info: info)
        return try ChaCha20Poly1305.openSecret(
            sealed.ciphertext, key: schedule.key, nonce: schedule.baseNonce, authenticating: aad)
    }

    // MARK: Contexts (§5.1.1)

    /// SetupBaseS: the encapsulated key to send, and a context for many messages.
    /// - Throws: `weakKey` where the recipient's key is of small order.
    public static func setUpSender(
        recipient: X25519.PublicKey, info: [UInt8]
    ) throws(SodiumError) -> (encapsulatedKey: [UInt8], context: Sender) {
        try setUpSender(recipient: recipient, info: info, ephemeral: X25519.PrivateKey())
    }

    /// As above with a given ephemeral key, which no other message has: for published test vectors, and for what several people
    /// must compute alike from a secret that they share.
    package static func setUpSender(
        recipient: X25519.PublicKey, info: [UInt8], ephemeral: X25519.PrivateKey
    ) throws(SodiumError) -> (encapsulatedKey: [UInt8], context: Sender) {
        let (encapsulatedKey, schedule) = try encapsulate(to: recipient, info: Info(info), ephemeral: ephemeral)
        return (encapsulatedKey, try Sender(schedule))
    }

    /// SetupBaseR.
    /// - Throws: `wrongLength` or `weakKey` for the encapsulated key.
    public static func setUpRecipient(
        encapsulatedKey: [UInt8], recipient: X25519.PrivateKey, info: [UInt8]
    ) throws(SodiumError) -> Recipient {
        try Recipient(decapsulate(encapsulatedKey, recipient: recipient, info: Info(info)))
    }

    /// DeriveKeyPair of DHKEM(X25519) (§7.1.3): a key pair from input key material.
    /// - Throws: nothing that an input can cause: all its lengths are fixed.
    public static func deriveKeyPair(_ inputKeyMaterial: SecretBytes) throws(SodiumError) -> X25519.PrivateKey {
        let pseudorandomKey = HKDF.Expander(
            pseudorandomKey: HPKELabels.kem.extract(label: "dkp_prk", inputKeyMaterial: inputKeyMaterial))
        return try X25519.PrivateKey(
            HPKELabels.kem.expand(pseudorandomKey, label: "sk", count: X25519.PrivateKey.length) { _ in })
    }

    // MARK: DHKEM (§4.1)

    private static func encapsulate(
        to recipient: X25519.PublicKey, info: Info, ephemeral: X25519.PrivateKey
    ) throws(SodiumError) -> (encapsulatedKey: [UInt8], schedule: HPKESchedule) {
        let encapsulatedKey = ephemeral.publicKey.bytes
        let shared = try sharedSecret(
            exchange: ephemeral.sharedSecret(with: recipient), encapsulatedKey: encapsulatedKey, recipient: recipient)
        return (encapsulatedKey, try HPKESchedule(sharedSecret: shared, info: info))
    }

    private static func decapsulate(
        _ encapsulatedKey: [UInt8], recipient: X25519.PrivateKey, info: Info
    ) throws(SodiumError) -> HPKESchedule {
        let shared = try sharedSecret(
            exchange: recipient.sharedSecret(with: X25519.PublicKey(encapsulatedKey)),
            encapsulatedKey: encapsulatedKey, recipient: recipient.publicKey)
        return try HPKESchedule(sharedSecret: shared, info: info)
    }

    /// ExtractAndExpand.
    private static func sharedSecret(
        exchange: SecretBytes, encapsulatedKey: [UInt8], recipient: X25519.PublicKey
    ) throws(SodiumError) -> SecretBytes {
        let pseudorandomKey = HKDF.Expander(
            pseudorandomKey: HPKELabels.kem.extract(label: "eae_prk", inputKeyMaterial: exchange))
        return try HPKELabels.kem.expand(pseudorandomKey, label: "shared_secret", count: 32) { mac in
            mac.update(encapsulatedKey)
            mac.update(recipient.bytes)
        }
    }
}
