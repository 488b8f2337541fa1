import Foundation
import Sodium
import Terms

/// The secret of one sealed view of one list, and all that derives from it: so whoever has it can compute the whole view
/// again, wraps and commitment too, and see that nobody was given another [R17].
///
///     derived(purpose, parts) = HMAC-SHA256(secret, label purpose 0x00, then length32 and bytes of name, version, each part)
struct ViewKey: Sendable {
    static let length = 32
    let secret: SecretBytes
    let name: String
    let version: UInt64

    /// A new one.
    init(name: String, version: UInt64) {
        (secret, self.name, self.version) = (.random(count: Self.length), name, version)
    }

    /// One that was opened.
    /// - Throws: `viewMismatch` where it has another length.
    init(_ secret: SecretBytes, name: String, version: UInt64) throws(CallListError) {
        guard secret.count == Self.length else { throw CallListError(.viewMismatch, "a view's key has another length") }
        (self.secret, self.name, self.version) = (secret, name, version)
    }

    /// What encrypts the view.
    var cipherKey: SecretBytes { derived("cipher").finish() }

    /// For the one message that ``cipherKey`` encrypts.
    var nonce: [UInt8] { Array(derived("nonce").finishTag().prefix(XChaCha20Poly1305.nonceLength)) }

    /// What the clear part holds: binds key and plaintext.
    func commitment(to plaintext: [UInt8]) -> [UInt8] { derived("commitment", plaintext).finishTag() }

    /// Of the commitment to somebody of the team.
    func salt(for member: MemberID) -> [UInt8] {
        Array(derived("salt", Array(member.text.utf8)).finishTag().prefix(MemberCommitment.saltLength))
    }

    /// The ephemeral key of the wrap to one recipient. Whoever can derive it has the secret already.
    func ephemeral(for recipient: ViewRecipient) throws(SodiumError) -> X25519.PrivateKey {
        try HPKE.deriveKeyPair(derived("wrap", Array(recipient.id.utf8), recipient.key.bytes).finish())
    }

    private func derived(_ purpose: String, _ parts: [UInt8]...) -> HMACSHA256 {
        var mac = HMACSHA256(key: secret)
        mac.update(Array("tocsin view \(purpose) v1\0".utf8))
        for part in [Array(name.utf8), Array(String(version).utf8)] + parts {
            mac.update(withUnsafeBytes(of: UInt32(clamping: part.count).bigEndian) { Array($0) } + part)
        }
        return mac
    }
}

/// Whom a view is sealed to.
struct ViewRecipient: Sendable, Hashable {
    /// What the wrap names: a device's id, or an officer by `officer:` and the hash of the root key.
    let id: String
    let key: X25519.PublicKey

    static func device(_ device: Device) -> ViewRecipient {
        ViewRecipient(id: device.id.description, key: device.sealing.key)
    }

    static func officer(_ officer: Officer) -> ViewRecipient {
        ViewRecipient(id: id(ofOfficer: officer.key), key: officer.sealing.key)
    }

    static func id(ofOfficer key: Ed25519.PublicKey) -> String {
        "officer:\(Hexadecimal.encode(SHA256.hash(key.bytes)))"
    }
}
