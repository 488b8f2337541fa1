import Sodium
import WireFormat

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

extension CipherSuite {
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

    /// Whether something can be encrypted to a public key: one of the right size, and not of small order.
    func isUsable(encryptionKey: [UInt8]) -> Bool {
        guard let key = try? X25519.PublicKey(encryptionKey) else { return false }
        return !key.isOfSmallOrder
    }

    /// The public key of a stored private key.
    func keyPair(privateKey: SecretBytes) throws(MLSError) -> HPKEKeyPair {
        guard let key = try? X25519.PrivateKey(privateKey) else {
            throw MLSError(.invalidKey, "a private key has the wrong size")
        }
        return HPKEKeyPair(privateKey: key.bytes, publicKey: key.publicKey.bytes)
    }

    /// EncryptWithLabel and DecryptWithLabel (§5.1.3) for one label and context.
    func labelledEncryption(label: String, context: [UInt8]) -> LabelledEncryption {
        LabelledEncryption(info: Self.labelled(context, label: label))
    }

    // MARK: External initialisation (§8.3)

    private static var externalLabel: [UInt8] { Array("MLS 1.0 external init secret".utf8) }

    /// A `kem_output` for a group's external key, and the init secret in it.
    func externalInit(to publicKey: [UInt8]) throws(MLSError) -> (kemOutput: [UInt8], initSecret: SecretBytes) {
        do {
            let (output, context) = try HPKE.setUpSender(recipient: X25519.PublicKey(publicKey), info: [])
            return (output, try context.export(Self.externalLabel, count: hashLength))
        } catch {
            throw MLSError(.v137, "the group's external key cannot be used")
        }
    }

    /// The init secret in a `kem_output`.
    func externalInit(_ kemOutput: [UInt8], with keyPair: HPKEKeyPair) throws(MLSError) -> SecretBytes {
        do {
            let key = try X25519.PrivateKey(
                keyPair.privateKey, knownPublicKey: X25519.PublicKey(keyPair.publicKey))
            let context = try HPKE.setUpRecipient(encapsulatedKey: kemOutput, recipient: key, info: [])
            return try context.export(Self.externalLabel, count: hashLength)
        } catch {
            throw MLSError(.v96, "the kem_output of an ExternalInit cannot be used")
        }
    }
}
