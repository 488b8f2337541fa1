import DSSE
public import Foundation
public import Sodium
public import Terms

/// What a device asks the officers for: its public keys, under signatures of both signing keys. That proves possession of
/// those two; the sealing key is signed by the MLS key once more, by itself, for the call list to hold.
public struct EnrolmentRequest: Sendable, Hashable {
    static let payloadType = "application/vnd.tocsin.enrolment+json"

    public let device: DeviceID
    public let kind: DeviceKind
    /// What the person at the device wrote; the call list says what counts.
    public let claimedName: String
    public let mlsKey: Ed25519.PublicKey
    public let sessionKey: Ed25519.PublicKey
    public let sealing: SealingKey
    public let created: Date
    /// For comparing by voice: seven groups of five digits, 116 bits, over kind and signature keys.
    public var fingerprint: String { Fingerprint.of(kind: kind, mlsKey: mlsKey, sessionKey: sessionKey) }

    private struct Document: Codable {
        let type: String
        let device: DeviceID
        let kind: DeviceKind
        let name: String
        let mlsKey: Data
        let sessionKey: Data
        let sealing: UnverifiedSealingKey
        let created: String
    }

    /// The request of a device, signed, as a file's bytes.
    public static func make(
        _ keys: DeviceKeys, claimedName: String, created: Date
    ) throws(CallListError) -> [UInt8] {
        guard !claimedName.isEmpty, claimedName.utf8.count <= CallListLimits.lineBytes else {
            throw CallListError(.sourceRefused, "a name has 1 to \(CallListLimits.lineBytes) bytes")
        }
        let document = Document(
            type: "enrolment", device: keys.id, kind: keys.kind, name: claimedName,
            mlsKey: Data(keys.mls.publicKey.bytes), sessionKey: Data(keys.session.publicKey.bytes),
            sealing: keys.sealing(created: created).document, created: Documents.timestamp(created))
        return DSSEEnvelope.sign(
            try Documents.encode(document), payloadType: payloadType, with: [keys.mls, keys.session]
        ).encoded()
    }

    /// - Throws: `malformed`, `notSigned`.
    public init(verifying bytes: [UInt8]) throws(CallListError) {
        let malformed = CallListError(
            .malformed, "this is no enrolment request", hint: "is it the right file, and whole?")
        guard bytes.count <= CallListLimits.documentBytes, let envelope = try? DSSEEnvelope(decoding: bytes) else {
            throw malformed
        }
        let document = try Documents.decode(Document.self, from: envelope.unverifiedPayload, what: "enrolment request")
        guard document.type == "enrolment", let mlsKey = try? Ed25519.PublicKey([UInt8](document.mlsKey)),
            let sessionKey = try? Ed25519.PublicKey([UInt8](document.sessionKey)),
            let created = Documents.date(document.created),
            document.name.utf8.count <= CallListLimits.lineBytes
        else { throw malformed }
        guard (try? envelope.verify(payloadType: Self.payloadType, keys: [mlsKey, sessionKey], threshold: 2)) != nil
        else { throw CallListError(.notSigned, "the request is not signed by the keys that it names") }
        guard document.device == DeviceID.of(kind: document.kind, mlsKey: mlsKey, sessionKey: sessionKey) else {
            throw CallListError(
                .malformed, "the request's device id is not the hash of its keys",
                hint: "somebody put other keys behind a device's id: tell every officer")
        }
        sealing = try document.sealing.verify(holder: .device, signer: mlsKey)
        device = document.device
        kind = document.kind
        claimedName = document.name
        self.mlsKey = mlsKey
        self.sessionKey = sessionKey
        self.created = created
    }
}
