import DSSE
import Foundation
public import Sodium
public import Terms

/// A root as it came, or as it is being signed: in the form that it must have, and not to be believed.
public struct UnverifiedRoot: Sendable {
    public let version: UInt64
    public let officers: [Ed25519.PublicKey]
    public let threshold: Int
    /// What officers read aloud before they sign.
    public let digest: String
    public let previous: String?
    public var bytes: [UInt8] { received ?? envelope.encoded() }
    private let envelope: DSSEEnvelope
    private let received: [UInt8]?

    /// - Throws: `malformed`, `sourceRefused`, `limitExceeded`.
    public init(decoding bytes: [UInt8]) throws(CallListError) {
        do {
            envelope = try DSSEEnvelope(decoding: bytes)
        } catch {
            throw CallListError(.malformed, error.reason, hint: "is this a root file?")
        }
        received = bytes
        let document = try Documents.decode(RootDocument.self, from: envelope.unverifiedPayload, what: "root")
        var officers: [Ed25519.PublicKey] = []
        for key in document.officers {
            guard let key = try? Ed25519.PublicKey([UInt8](key)) else {
                throw CallListError(.malformed, "the root holds a key that is none")
            }
            officers.append(key)
        }
        try TrustedRoot.check(officers: officers, threshold: document.threshold)
        guard document.type == "root", document.version > 0, (document.version == 1) == (document.previous == nil)
        else { throw CallListError(.malformed, "this is no root that this program understands") }
        (version, threshold, previous) = (document.version, document.threshold, document.previous)
        self.officers = officers
        digest = Hexadecimal.encode(SHA256.hash(envelope.unverifiedPayload))
    }

    private init(_ root: UnverifiedRoot, envelope: DSSEEnvelope) {
        (version, officers, threshold) = (root.version, root.officers, root.threshold)
        (digest, previous) = (root.digest, root.previous)
        (self.envelope, received) = (envelope, nil)
    }

    /// How many of these have signed it.
    public func signers(among officers: [Ed25519.PublicKey]) -> Int {
        guard envelope.payloadType == RootDocument.payloadType else { return 0 }
        return envelope.validSigners(among: officers).count
    }

    /// With one more signature, without a look at it: that is ``RootReview``'s, by which officers sign.
    /// - Parameter before: the root that this one replaces, whose officers sign it too; nil for the first.
    /// - Throws: `rootSkipped` where it does not replace `before`; `notSigned` where the key is no officer's of either.
    package func adding(
        signatureBy key: Ed25519.PrivateKey, before: TrustedRoot? = nil
    ) throws(CallListError) -> UnverifiedRoot {
        try check(replaces: before)
        guard isOfficer(key.publicKey, before: before) else { throw Self.notAnOfficer }
        var signed = envelope
        signed.addSignature(by: key)
        return UnverifiedRoot(self, envelope: signed)
    }

    static let notAnOfficer = CallListError(.notSigned, "this key is no officer's of this root")

    func isOfficer(_ key: Ed25519.PublicKey, before: TrustedRoot?) -> Bool {
        officers.contains(key) || before?.officers.contains(key) ?? false
    }

    /// - Parameter before: nil for the first.
    /// - Throws: `rootSkipped`.
    func check(replaces before: TrustedRoot?) throws(CallListError) {
        if let before {
            guard previous == before.digest, before.version < .max, version == before.version + 1 else {
                throw CallListError(
                    .rootSkipped, "root \(version) does not follow root \(before.version)",
                    hint: "--previous is the root that this one was made from")
            }
        } else if version > 1 {
            throw CallListError(
                .rootSkipped, "root \(version) replaces another, which was not given",
                hint: "--previous FILE: the root that this one was made from")
        }
    }
}
