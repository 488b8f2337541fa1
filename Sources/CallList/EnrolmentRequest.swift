import DSSE
public import Foundation
public import Sodium
public import Terms

/// What a device asks the officers for: its public keys, under signatures of both signing keys. That proves possession of
/// those two; of the sealing key it cannot (X25519 does not sign), but a wrong one only keeps its owner from reading.
public struct EnrolmentRequest: Sendable, Hashable {
    static let payloadType = "application/vnd.tocsin.enrolment+json"

    public let device: DeviceID
    public let kind: DeviceKind
    /// What the person at the device wrote; the call list says what counts.
    public let claimedName: String
    public let mlsKey: Ed25519.PublicKey
    public let sessionKey: Ed25519.PublicKey
    public let sealKey: X25519.PublicKey
    public let created: Date
    /// For comparing by voice: seven groups of five digits, 116 bits, over the exact request.
    public let fingerprint: String

    private struct Document: Codable {
        let type: String
        let device: DeviceID
        let kind: DeviceKind
        let name: String
        let mlsKey: Data
        let sessionKey: Data
        let sealKey: Data
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
            sealKey: Data(keys.seal.publicKey.bytes), created: Documents.timestamp(created))
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
            let sealKey = try? X25519.PublicKey([UInt8](document.sealKey)),
            let created = Documents.date(document.created),
            document.name.utf8.count <= CallListLimits.lineBytes
        else { throw malformed }
        guard (try? envelope.verify(payloadType: Self.payloadType, keys: [mlsKey, sessionKey], threshold: 2)) != nil
        else { throw CallListError(.notSigned, "the request is not signed by the keys that it names") }
        device = document.device
        kind = document.kind
        claimedName = document.name
        self.mlsKey = mlsKey
        self.sessionKey = sessionKey
        self.sealKey = sealKey
        self.created = created
        fingerprint = Fingerprint.make(of: envelope.unverifiedPayload)
    }
}

/// Fingerprints for comparing by voice.
public enum Fingerprint {
    static let groups = 7

    /// Seven groups of five digits from SHA-256: 7 × log2(100000) = 116 bits. Five bytes a group, so that reducing them
    /// to five digits favours none by more than one in ten million.
    static func make(of payload: [UInt8]) -> String {
        let label = Array("tocsin enrolment fingerprint v1\0".utf8)
        let digest = SHA256.hash(label + payload) + SHA256.hash(label + [1] + payload)
        return (0..<groups).map { group in
            let value = digest[(5 * group)..<(5 * group + 5)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let digits = String(value % 100_000)
            return String(repeating: "0", count: 5 - digits.count) + digits
        }.joined(separator: " ")
    }

    /// Whether two written fingerprints are the same, however they are spaced.
    public static func matches(_ a: String, _ b: String) -> Bool {
        let (a, b) = (a.filter(\.isNumber), b.filter(\.isNumber))
        return a.count == groups * 5 && constantTimeEquals(Array(a.utf8), Array(b.utf8))
    }
}
