import Sodium
import WireFormat

/// A cipher suite (§5.1, §17.1). This folder's files are the only ones of this module that call cryptographic primitives.
/// A further suite, such as a post-quantum hybrid, is a further case here; protocol code sees byte strings and these
/// functions only.
public enum CipherSuite: UInt16, Sendable, Hashable {
    /// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
    case x25519ChaCha20SHA256Ed25519 = 0x0003

    /// KDF.Nh, in bytes.
    var hashLength: Int { SHA256.digestLength }
    /// AEAD.Nk, in bytes.
    var keyLength: Int { ChaCha20Poly1305.keyLength }
    /// AEAD.Nn, in bytes.
    var nonceLength: Int { ChaCha20Poly1305.nonceLength }
    /// Bytes of a signature's public key.
    var signatureKeyLength: Int { Ed25519.PublicKey.length }

    // MARK: Hash, MAC, KDF

    func hash(_ bytes: [UInt8]) -> [UInt8] { SHA256.hash(bytes) }

    /// The hash of two byte strings joined.
    func hash(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(first)
        hash.update(second)
        return hash.digest()
    }

    func mac(_ message: [UInt8], key: SecretBytes) -> [UInt8] { HMACSHA256.tag(message, key: key) }

    func isValid(mac tag: [UInt8], of message: [UInt8], key: SecretBytes) -> Bool {
        HMACSHA256.isValid(tag, for: message, key: key)
    }

    func extract(salt: SecretBytes, inputKeyMaterial: SecretBytes) -> SecretBytes {
        HKDF.extract(salt: salt, inputKeyMaterial: inputKeyMaterial)
    }

    func randomSecret() -> SecretBytes { SecretBytes.random(count: hashLength) }

    /// KDF.Nh zeros.
    var zeroSecret: SecretBytes { SecretBytes([UInt8](repeating: 0, count: hashLength)) }

    /// ExpandWithLabel (§8).
    func expand(
        _ secret: SecretBytes, label: String, context: [UInt8], count: Int
    ) throws(MLSError) -> SecretBytes {
        do {
            return try HKDF.expand(
                pseudorandomKey: secret, info: Self.expansion(label: label, context: context, count: count),
                count: count)
        } catch {
            throw MLSError(.misuse, "a derived secret of \(count) bytes is too long")
        }
    }

    /// DeriveSecret (§8).
    func derive(_ secret: SecretBytes, label: String) throws(MLSError) -> SecretBytes {
        try expand(secret, label: label, context: [], count: hashLength)
    }

    /// Many secrets from one, which is taken in only once.
    func expander(of secret: SecretBytes) -> Expander {
        Expander(suite: self, keyed: HKDF.Expander(pseudorandomKey: secret))
    }

    /// ExpandWithLabel and DeriveSecret of one secret.
    struct Expander: Sendable {
        fileprivate let suite: CipherSuite
        fileprivate let keyed: HKDF.Expander

        func expand(label: String, context: [UInt8], count: Int) throws(MLSError) -> SecretBytes {
            do {
                return try keyed.expand(
                    info: CipherSuite.expansion(label: label, context: context, count: count), count: count)
            } catch {
                throw MLSError(.misuse, "a derived secret of \(count) bytes is too long")
            }
        }

        func derive(_ label: String) throws(MLSError) -> SecretBytes {
            try expand(label: label, context: [], count: suite.hashLength)
        }
    }

    /// `struct { uint16 length; opaque label<V>; opaque context<V>; } KDFLabel;` (§8)
    private static func expansion(label: String, context: [UInt8], count: Int) -> [UInt8] {
        var info = Writer(reservingCapacity: context.count + label.utf8.count + 16)
        info.uint16(UInt16(truncatingIfNeeded: count))
        info.labelled(label)
        info.opaque(context)
        return info.bytes
    }

    /// RefHash (§5.2).
    func reference(label: String, of value: [UInt8]) -> [UInt8] { hash(Self.labelled(value, label: label)) }

    static func labelled(_ content: [UInt8], label: String) -> [UInt8] {
        var writer = Writer(reservingCapacity: content.count + label.utf8.count + 16)
        writer.labelled(label)
        writer.opaque(content)
        return writer.bytes
    }

    // MARK: Signatures (§5.1.2)

    func sign(_ content: [UInt8], label: String, with key: Ed25519.PrivateKey) -> [UInt8] {
        key.signature(for: Self.labelled(content, label: label))
    }

    /// - Parameter rule: that is broken where the signature does not verify.
    func verify(
        _ signature: [UInt8], of content: [UInt8], label: String, by key: [UInt8], rule: Rule
    ) throws(MLSError) {
        guard let key = try? Ed25519.PublicKey(key),
            key.isValidSignature(signature, for: Self.labelled(content, label: label))
        else { throw MLSError(rule, "the signature of \(label) does not verify") }
    }

    // MARK: AEAD

    func seal(
        _ plaintext: [UInt8], key: SecretBytes, nonce: [UInt8], aad: [UInt8]
    ) throws(MLSError) -> [UInt8] {
        do {
            return try ChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, authenticating: aad)
        } catch {
            throw MLSError(.misuse, "an AEAD key or nonce has the wrong size")
        }
    }

    /// - Parameter rule: that is broken where the ciphertext does not verify.
    func open(
        _ ciphertext: [UInt8], key: SecretBytes, nonce: [UInt8], aad: [UInt8], rule: Rule
    ) throws(MLSError) -> [UInt8] {
        do {
            return try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticating: aad)
        } catch {
            throw MLSError(rule, "a ciphertext does not verify")
        }
    }
}

extension Writer {
    /// "MLS 1.0 " and the label as `opaque<V>`, without a string for both.
    fileprivate mutating func labelled(_ label: String) {
        let prefix: StaticString = "MLS 1.0 "
        vector { writer in
            prefix.withUTF8Buffer { writer.fixed($0) }
            writer.fixed(label.utf8)
        }
    }
}
