import Sodium

/// EncryptWithLabel and DecryptWithLabel (§5.1.3) for one label and context, which are hashed once for all recipients: the
/// context of a path is a GroupContext, that of a Welcome the whole encrypted GroupInfo.
struct LabelledEncryption: Sendable {
    private let info: HPKE.Info

    init(info: [UInt8]) { self.info = HPKE.Info(info) }

    /// - Throws: `invalidKey` where the recipient's key is no key.
    func seal(_ plaintext: SecretBytes, to recipient: [UInt8]) throws(MLSError) -> HPKECiphertext {
        do {
            let sealed = try HPKE.seal(plaintext, to: X25519.PublicKey(recipient), info: info)
            return HPKECiphertext(kemOutput: sealed.encapsulatedKey, ciphertext: sealed.ciphertext)
        } catch {
            throw MLSError(.invalidKey, "an encryption key cannot be used")
        }
    }

    /// - Parameter rule: that is broken where the ciphertext does not open.
    func open(_ sealed: HPKECiphertext, with recipient: HPKEKeyPair, rule: Rule) throws(MLSError) -> SecretBytes {
        do {
            let key = try X25519.PrivateKey(
                recipient.privateKey, knownPublicKey: X25519.PublicKey(recipient.publicKey))
            return try HPKE.openSecret(
                HPKE.Sealed(encapsulatedKey: sealed.kemOutput, ciphertext: sealed.ciphertext), with: key, info: info)
        } catch {
            throw MLSError(rule, "what is encrypted to a public key could not be decrypted")
        }
    }
}
