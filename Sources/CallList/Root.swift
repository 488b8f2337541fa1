public import DSSE
import Foundation
public import Sodium
public import Terms

/// Names the officers' public keys and how many of them must sign: the payload of a signed root. No names: a relay reads it.
struct RootDocument: Codable, Sendable, Hashable {
    static let payloadType = "application/vnd.tocsin.root+json"
    let type: String
    let version: UInt64
    /// Ed25519 public keys.
    let officers: [Data]
    let threshold: Int
    /// Digest of the root before this one; nil for the first.
    let previous: String?
}

/// A verified root: the officers whose threshold makes a call list valid. Its ``digest`` is the trust anchor that every
/// device and relay pins.
public struct TrustedRoot: Sendable, Hashable {
    public let version: UInt64
    public let officers: [Ed25519.PublicKey]
    /// More than half of the officers.
    public let threshold: Int
    /// Hexadecimal SHA-256 of the exact payload.
    public let digest: String
    /// The signed envelope, as it came.
    public let envelope: [UInt8]

    /// A new first root, unsigned: each officer then adds a signature.
    /// - Throws: `sourceRefused` for a threshold or list of officers that cannot be.
    public static func draft(
        officers: [Ed25519.PublicKey], threshold: Int
    ) throws(CallListError) -> DSSEEnvelope {
        try check(officers: officers, threshold: threshold)
        let document = RootDocument(
            type: "root", version: 1, officers: officers.map { Data($0.bytes) }, threshold: threshold, previous: nil)
        return DSSEEnvelope(payloadType: RootDocument.payloadType, payload: try Documents.encode(document))
    }

    /// Verifies a root against the digest that was handed over by another way.
    /// - Throws: `malformed`, `wrongRoot`, `notSigned`.
    public init(verifying envelope: [UInt8], pinnedDigest: String) throws(CallListError) {
        try self.init(verifying: envelope)
        guard constantTimeEquals(Array(digest.utf8), Array(pinnedDigest.utf8)) else {
            throw CallListError(
                .wrongRoot, "this root is not the pinned one",
                hint: "compare the digest with an officer by voice: tocsin root show FILE")
        }
    }

    /// Verifies that a root's own officers signed it, and nothing more: to show it, or to find its digest.
    public init(verifying bytes: [UInt8]) throws(CallListError) {
        let (envelope, document, officers) = try Self.read(bytes)
        do {
            _ = try envelope.verify(
                payloadType: RootDocument.payloadType, keys: officers, threshold: document.threshold)
        } catch {
            throw CallListError(
                .notSigned, "the root is not signed by enough officers: \(error.reason)",
                hint: "each officer signs it: tocsin root sign FILE --officer KEYFILE")
        }
        version = document.version
        self.officers = officers
        threshold = document.threshold
        digest = Self.digest(of: envelope.unverifiedPayload)
        self.envelope = bytes
    }

    /// A drafted root with one more of its officers' signatures.
    public struct SignedDraft: Sendable {
        public let envelope: [UInt8]
        /// How many of the root's officers have signed.
        public let signatures: Int
        /// What the officers compare before they sign.
        public let digest: String
    }

    /// - Throws: `malformed`, `notSupportedYet`, `notSigned` where the key is no officer's of this root.
    public static func adding(signatureBy key: Ed25519.PrivateKey, to draft: [UInt8]) throws(CallListError)
        -> SignedDraft
    {
        var (envelope, _, officers) = try read(draft)
        guard officers.contains(key.publicKey) else {
            throw CallListError(.notSigned, "this key is no officer's of this root")
        }
        envelope.addSignature(by: key)
        return SignedDraft(
            envelope: envelope.encoded(), signatures: envelope.validSigners(among: officers).count,
            digest: Self.digest(of: envelope.unverifiedPayload))
    }

    private static func digest(of payload: [UInt8]) -> String { Hexadecimal.encode(SHA256.hash(payload)) }

    /// A root's parts, in the form that they must have; signatures are not looked at.
    private static func read(
        _ bytes: [UInt8]
    ) throws(CallListError) -> (envelope: DSSEEnvelope, document: RootDocument, officers: [Ed25519.PublicKey]) {
        let envelope: DSSEEnvelope
        do {
            envelope = try DSSEEnvelope(decoding: bytes)
        } catch {
            throw CallListError(.malformed, error.reason, hint: "is this a root file?")
        }
        let document = try Documents.decode(RootDocument.self, from: envelope.unverifiedPayload, what: "root")
        var officers: [Ed25519.PublicKey] = []
        for key in document.officers {
            guard let key = try? Ed25519.PublicKey([UInt8](key)) else {
                throw CallListError(.malformed, "the root holds a key that is none")
            }
            officers.append(key)
        }
        try check(officers: officers, threshold: document.threshold)
        guard document.type == "root", document.version == 1, document.previous == nil else {
            throw CallListError(.notSupportedYet, "rotated roots are not supported yet")
        }
        return (envelope, document, officers)
    }

    private static func check(officers: [Ed25519.PublicKey], threshold: Int) throws(CallListError) {
        guard !officers.isEmpty, officers.count <= CallListLimits.officers, Set(officers).count == officers.count else {
            throw CallListError(
                .sourceRefused, "a root names 1 to \(CallListLimits.officers) officers, each once")
        }
        guard threshold * 2 > officers.count, threshold <= officers.count else {
            throw CallListError(
                .sourceRefused, "the threshold must be more than half of the \(officers.count) officers",
                hint: "for 3 officers it is 2 or 3")
        }
    }
}
