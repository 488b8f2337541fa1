public import Foundation
public import Sodium
public import Terms

/// A key that views of the call list are sealed to, under the signature of who holds it: a device's MLS key, or an officer's
/// root key [R17]. So its renewal needs no voice, and nobody else's key can stand in its place.
///
///     signed: "tocsin sealing key v1" 0x00 uint8 holder; signer[32]; key[32]; created (RFC 3339, UTC)
public struct SealingKey: Sendable, Hashable {
    public enum Holder: UInt8, Sendable {
        case device = 1
        case officer = 2
    }

    public let key: X25519.PublicKey
    /// When its holder says that they made it: a list never goes back to an older one.
    public let created: Date
    /// As it stands in documents.
    public let document: UnverifiedSealingKey

    /// A key under its holder's signature.
    public static func sign(
        _ key: X25519.PublicKey, created: Date, holder: Holder, by signer: Ed25519.PrivateKey
    ) -> SealingKey {
        let time = Documents.timestamp(created)
        let signature = signer.signature(
            for: UnverifiedSealingKey.content(key: key.bytes, created: time, holder: holder, signer: signer.publicKey))
        let document = UnverifiedSealingKey(key: Data(key.bytes), created: time, signature: Data(signature))
        return SealingKey(key: key, created: Documents.date(time) ?? created, document: document)
    }

    fileprivate init(key: X25519.PublicKey, created: Date, document: UnverifiedSealingKey) {
        (self.key, self.created, self.document) = (key, created, document)
    }

    /// What names it on a screen: four groups of four hexadecimal digits of its hash.
    public var short: String { Spoken.grouped(String(Hexadecimal.encode(SHA256.hash(key.bytes)).prefix(16))) }
}

/// As it came: not to be sealed to before ``verify(holder:signer:)``.
public struct UnverifiedSealingKey: Codable, Sendable, Hashable {
    let key: Data
    let created: String
    let signature: Data

    /// - Throws: `malformed`, `notSigned`.
    public func verify(holder: SealingKey.Holder, signer: Ed25519.PublicKey) throws(CallListError) -> SealingKey {
        guard let sealing = try? X25519.PublicKey([UInt8](key)), !sealing.isOfSmallOrder,
            let date = Documents.date(created), Documents.timestamp(date) == created
        else { throw CallListError(.malformed, "a sealing key is none") }
        let content = Self.content(key: sealing.bytes, created: created, holder: holder, signer: signer)
        guard signer.isValidSignature([UInt8](signature), for: content) else {
            throw CallListError(.notSigned, "a sealing key is not signed by who is said to hold it")
        }
        return SealingKey(key: sealing, created: date, document: self)
    }

    fileprivate static func content(
        key: [UInt8], created: String, holder: SealingKey.Holder, signer: Ed25519.PublicKey
    ) -> [UInt8] {
        Array("tocsin sealing key v1\0".utf8) + [holder.rawValue] + signer.bytes + key + Array(created.utf8)
    }
}
