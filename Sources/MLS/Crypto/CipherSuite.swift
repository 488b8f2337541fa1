import Sodium
import WireFormat

/// A cipher suite (§5.1, §17.1): the only file of this module that calls cryptographic primitives. A further suite, such
/// as a post-quantum hybrid, is a further case here; protocol code sees byte strings and these functions only.
public enum CipherSuite: UInt16, Sendable, Hashable {
    /// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
    case x25519ChaCha20SHA256Ed25519 = 0x0003

    /// KDF.Nh, in bytes.
    var hashLength: Int { SHA256.digestLength }
    /// AEAD.Nk, in bytes.
    var keyLength: Int { ChaCha20Poly1305.keyLength }
    /// AEAD.Nn, in bytes.
    var nonceLength: Int { ChaCha20Poly1305.nonceLength }

    // MARK: Hash, MAC, KDF

    func hash(_ bytes: [UInt8]) -> [UInt8] { SHA256.hash(bytes) }

    func mac(_ message: [UInt8], key: SecretBytes) -> [UInt8] { HMACSHA256.tag(message, key: key) }

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
        var info = Writer(reservingCapacity: context.count + 64)
        info.uint16(UInt16(truncatingIfNeeded: count))
        info.opaque(Array("MLS 1.0 \(label)".utf8))
        info.opaque(context)
        do {
            return try HKDF.expand(pseudorandomKey: secret, info: info.bytes, count: count)
        } catch {
            throw MLSError(.misuse, "a derived secret of \(count) bytes is too long")
        }
    }

    /// DeriveSecret (§8).
    func derive(_ secret: SecretBytes, label: String) throws(MLSError) -> SecretBytes {
        try expand(secret, label: label, context: [], count: hashLength)
    }

    /// RefHash (§5.2).
    func reference(label: String, of value: [UInt8]) -> [UInt8] {
        var input = Writer(reservingCapacity: value.count + 64)
        input.opaque(Array("MLS 1.0 \(label)".utf8))
        input.opaque(value)
        return hash(input.bytes)
    }

    // MARK: Signatures (§5.1.2)

    func sign(_ content: [UInt8], label: String, with key: Ed25519.PrivateKey) -> [UInt8] {
        key.signature(for: Self.labelled(content, label: label))
    }

    func verify(
        _ signature: [UInt8], of content: [UInt8], label: String, by key: [UInt8]
    ) throws(MLSError) {
        guard let key = try? Ed25519.PublicKey(key) else {
            throw MLSError(.invalidKey, "a signature key has the wrong size")
        }
        guard key.isValidSignature(signature, for: Self.labelled(content, label: label)) else {
            throw MLSError(.invalidSignature, "the signature of \(label) does not verify")
        }
    }

    private static func labelled(_ content: [UInt8], label: String) -> [UInt8] {
        var writer = Writer(reservingCapacity: content.count + 64)
        writer.opaque(Array("MLS 1.0 \(label)".utf8))
        writer.opaque(content)
        return writer.bytes
    }

    // MARK: Public-key encryption (§5.1.3)

    /// KEM.DeriveKeyPair.
    func deriveKeyPair(_ secret: SecretBytes) throws(MLSError) -> HPKEKeyPair {
        do {
            let key = try HPKE.deriveKeyPair(secret)
            return HPKEKeyPair(privateKey: key.bytes, publicKey: key.publicKey.bytes)
        } catch {
            throw MLSError(.invalidKey, "no key pair could be derived")
        }
    }

    func generateKeyPair() -> HPKEKeyPair {
        let key = X25519.PrivateKey()
        return HPKEKeyPair(privateKey: key.bytes, publicKey: key.publicKey.bytes)
    }

    /// The public key of a stored private key.
    func keyPair(privateKey: SecretBytes) throws(MLSError) -> HPKEKeyPair {
        guard let key = try? X25519.PrivateKey(privateKey) else {
            throw MLSError(.invalidKey, "a private key has the wrong size")
        }
        return HPKEKeyPair(privateKey: key.bytes, publicKey: key.publicKey.bytes)
    }

    /// EncryptWithLabel.
    func encrypt(
        _ plaintext: [UInt8], to key: [UInt8], label: String, context: [UInt8]
    ) throws(MLSError) -> HPKECiphertext {
        guard let key = try? X25519.PublicKey(key),
            let sealed = try? HPKE.seal(plaintext, to: key, info: Self.encryptContext(label: label, context: context))
        else { throw MLSError(.invalidKey, "an encryption key cannot be used") }
        return HPKECiphertext(kemOutput: sealed.encapsulatedKey, ciphertext: sealed.ciphertext)
    }

    /// DecryptWithLabel.
    func decrypt(
        _ ciphertext: HPKECiphertext, with key: SecretBytes, label: String, context: [UInt8]
    ) throws(MLSError) -> SecretBytes {
        let sealed = HPKE.Sealed(encapsulatedKey: ciphertext.kemOutput, ciphertext: ciphertext.ciphertext)
        guard let key = try? X25519.PrivateKey(key),
            var opened = try? HPKE.open(
                sealed, with: key, info: Self.encryptContext(label: label, context: context))
        else { throw MLSError(.decryptionFailed, "\(label) could not be decrypted") }
        defer { wipe(&opened) }
        return SecretBytes(opened)
    }

    private static func encryptContext(label: String, context: [UInt8]) -> [UInt8] {
        var writer = Writer(reservingCapacity: context.count + 64)
        writer.opaque(Array("MLS 1.0 \(label)".utf8))
        writer.opaque(context)
        return writer.bytes
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

    func open(
        _ ciphertext: [UInt8], key: SecretBytes, nonce: [UInt8], aad: [UInt8]
    ) throws(MLSError) -> [UInt8] {
        do {
            return try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticating: aad)
        } catch {
            throw MLSError(.decryptionFailed, "a ciphertext does not verify")
        }
    }
}

/// An HPKE key pair (§5.1.1).
struct HPKEKeyPair: Sendable {
    let privateKey: SecretBytes
    let publicKey: [UInt8]
}

/// `struct { opaque kem_output<V>; opaque ciphertext<V>; } HPKECiphertext;` (§5.1.3)
struct HPKECiphertext: Hashable, Sendable, WireCodable {
    let kemOutput: [UInt8]
    let ciphertext: [UInt8]

    init(kemOutput: [UInt8], ciphertext: [UInt8]) {
        self.kemOutput = kemOutput
        self.ciphertext = ciphertext
    }

    init(from reader: inout Reader) throws(WireError) {
        kemOutput = try reader.opaque("HPKECiphertext.kem_output")
        ciphertext = try reader.opaque("HPKECiphertext.ciphertext")
    }

    func encode(to writer: inout Writer) {
        writer.opaque(kemOutput)
        writer.opaque(ciphertext)
    }
}
