import Foundation
public import Sodium

/// A signed document: DSSE v1 (secure-systems-lab/dsse). The signatures are over the exact payload bytes, which are kept as
/// they came and never serialised anew. What an envelope holds is unverified until ``verify(payloadType:keys:threshold:)``.
public struct DSSEEnvelope: Sendable, Hashable {
    /// The largest encoded envelope that is read.
    public static let maximumBytes = 32 << 20
    public static let maximumSignatures = 128

    public let payloadType: String
    /// Not to be believed before ``verify(payloadType:keys:threshold:)``.
    public let unverifiedPayload: [UInt8]
    public private(set) var signatures: [Signature]

    public struct Signature: Sendable, Hashable {
        /// Hexadecimal SHA-256 of the public key: a hint, never proof.
        public let keyID: String
        public let bytes: [UInt8]
    }

    /// An envelope without signatures yet.
    public init(payloadType: String, payload: [UInt8]) {
        self.payloadType = payloadType
        unverifiedPayload = payload
        signatures = []
    }

    /// Signs with each key. One key signs at most once.
    public static func sign(
        _ payload: [UInt8], payloadType: String, with keys: [Ed25519.PrivateKey]
    ) -> DSSEEnvelope {
        var envelope = DSSEEnvelope(payloadType: payloadType, payload: payload)
        for key in keys { envelope.addSignature(by: key) }
        return envelope
    }

    public mutating func addSignature(by key: Ed25519.PrivateKey) {
        let keyID = Self.keyID(of: key.publicKey)
        signatures.removeAll { $0.keyID == keyID }
        signatures.append(Signature(keyID: keyID, bytes: key.signature(for: toBeSigned)))
    }

    public static func keyID(of key: Ed25519.PublicKey) -> String { Hexadecimal.encode(SHA256.hash(key.bytes)) }

    /// The keys among `keys` whose signature is there and valid. One key counts once, however often it signed.
    public func validSigners(among keys: [Ed25519.PublicKey]) -> Set<Ed25519.PublicKey> {
        let message = toBeSigned
        return Set(keys).filter { key in
            signatures.contains { $0.keyID == Self.keyID(of: key) && key.isValidSignature($0.bytes, for: message) }
        }
    }

    /// The payload, where at least `threshold` distinct keys of `keys` signed it as `payloadType`.
    /// - Throws: `wrongPayloadType`, `tooFewSignatures`.
    public func verify(
        payloadType: String, keys: [Ed25519.PublicKey], threshold: Int
    ) throws(DSSEError) -> VerifiedPayload {
        guard self.payloadType == payloadType else {
            throw DSSEError(.wrongPayloadType, "the document is of another type than expected")
        }
        let valid = validSigners(among: keys).count
        guard threshold > 0, valid >= threshold else {
            throw DSSEError(.tooFewSignatures, "\(valid) of \(threshold) needed signatures are there and valid")
        }
        return VerifiedPayload(bytes: unverifiedPayload)
    }

    /// Pre-Authentication Encoding: lengths keep type and payload apart.
    private var toBeSigned: [UInt8] {
        let type = Array(payloadType.utf8)
        return Array("DSSEv1 \(type.count) ".utf8) + type + Array(" \(unverifiedPayload.count) ".utf8)
            + unverifiedPayload
    }
}

/// A payload whose signatures were verified.
public struct VerifiedPayload: Sendable, Hashable {
    public let bytes: [UInt8]
    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }
}

// MARK: JSON form

extension DSSEEnvelope {
    private struct Document: Codable {
        struct Signature: Codable {
            let keyid: String
            let sig: Data
        }
        let payloadType: String
        let payload: Data
        let signatures: [Signature]
    }

    /// - Throws: `malformed`, `tooLarge`.
    public init(decoding bytes: [UInt8]) throws(DSSEError) {
        guard bytes.count <= Self.maximumBytes else {
            throw DSSEError(.tooLarge, "a signed document has at most \(Self.maximumBytes) bytes")
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
            throw DSSEError(.malformed, "this is no DSSE envelope")
        }
        guard document.signatures.count <= Self.maximumSignatures else {
            throw DSSEError(.tooLarge, "a signed document has at most \(Self.maximumSignatures) signatures")
        }
        payloadType = document.payloadType
        unverifiedPayload = [UInt8](document.payload)
        signatures = document.signatures.map { Signature(keyID: $0.keyid, bytes: [UInt8]($0.sig)) }
    }

    public func encoded() -> [UInt8] {
        let document = Document(
            payloadType: payloadType, payload: Data(unverifiedPayload),
            signatures: signatures.map { Document.Signature(keyid: $0.keyID, sig: Data($0.bytes)) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, base64 and arrays of them always encode.
        return [UInt8]((try? encoder.encode(document)) ?? Data())
    }
}
