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
    /// The digest of the root that it replaces; nil for the first.
    public let previous: String?
    /// The signed envelope, as it came.
    public let envelope: [UInt8]

    /// A new root, unsigned: each officer then adds a signature.
    /// - Parameter previous: the root that it replaces, whose officers must sign it too; nil for the first.
    /// - Throws: `sourceRefused` for a threshold or list of officers that cannot be.
    public static func draft(
        officers: [Ed25519.PublicKey], threshold: Int, after previous: TrustedRoot? = nil
    ) throws(CallListError) -> DSSEEnvelope {
        try check(officers: officers, threshold: threshold)
        let document = RootDocument(
            type: "root", version: (previous?.version ?? 0) + 1, officers: officers.map { Data($0.bytes) },
            threshold: threshold, previous: previous?.digest)
        return DSSEEnvelope(payloadType: RootDocument.payloadType, payload: try Documents.encode(document))
    }

    /// Verifies a root against the digest that was handed over by another way, however it is written.
    /// - Throws: `malformed`, `wrongRoot`, `notSigned`.
    public init(verifying envelope: [UInt8], pinnedDigest: String) throws(CallListError) {
        try self.init(verifying: envelope)
        let pinned = Spoken.digest(pinnedDigest) ?? ""
        guard constantTimeEquals(Array(digest.utf8), Array(pinned.utf8)) else {
            throw CallListError(
                .wrongRoot, "this root is not the pinned one",
                hint: "compare the digest with an officer by voice: tocsin root show FILE")
        }
    }

    /// Verifies that a root's own officers signed it, and nothing more: to show it, or to find its digest.
    public init(verifying bytes: [UInt8]) throws(CallListError) {
        try self.init(UnverifiedRoot(decoding: bytes), after: nil)
    }

    /// Verifies the root that replaces another: the very next version, made from it, signed by the thresholds of both.
    /// - Throws: `malformed`, `rootSkipped`, `notSigned`.
    public init(verifying bytes: [UInt8], after previous: TrustedRoot) throws(CallListError) {
        let root = try UnverifiedRoot(decoding: bytes)
        guard previous.version < .max, root.version == previous.version + 1, root.previous == previous.digest else {
            throw CallListError(
                .rootSkipped, "root \(root.version) does not follow root \(previous.version)",
                hint: "each root is made from the one before it: tocsin root rotate")
        }
        try self.init(root, after: previous)
    }

    private init(_ root: UnverifiedRoot, after previous: TrustedRoot?) throws(CallListError) {
        for (officers, threshold, whose) in [
            (root.officers, root.threshold, "the root"),
            (previous?.officers ?? [], previous?.threshold ?? 0, "the root before"),
        ] {
            let signed = root.signers(among: officers)
            guard signed >= threshold else {
                throw CallListError(
                    .notSigned,
                    "\(whose) is not signed by enough officers: \(signed) of \(threshold) needed signatures are there and valid",
                    hint: "each officer signs it: tocsin root sign FILE --officer KEYFILE")
            }
        }
        version = root.version
        officers = root.officers
        threshold = root.threshold
        digest = root.digest
        self.previous = root.previous
        envelope = root.bytes
    }

    static func check(officers: [Ed25519.PublicKey], threshold: Int) throws(CallListError) {
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
