import DSSE
public import Foundation
public import Sodium
public import Terms

/// A device's signed, epoch-free word that it cannot use a commit [R4]: what was encrypted to it alone is wrong, or the
/// confirmation tag is. The payload of a DSSE envelope of type ``payloadType``, signed with the device's MLS signature key. It names
/// one commit and accuses nobody: whoever made the commit, or whoever says so, may be at fault.
public struct CommitFault: Codable, Sendable, Hashable {
    public static let payloadType = "application/vnd.tocsin.fault+json"
    /// Most bytes of a signed one.
    public static let mostBytes = 2_048
    /// Milliseconds of the relay's time that pass after a commit's first fault before another may take its place.
    public static let patience: UInt64 = 60_000

    public let room: RoomID
    public let device: DeviceID
    public let event: EventID
    /// The commit's number in the room's log.
    public let commit: UInt64
    /// See ``digest(of:)``.
    public let digest: Data
    /// The author's clock.
    public let at: Timestamp

    public init(room: RoomID, device: DeviceID, event: EventID, commit: UInt64, digest: [UInt8], at: Timestamp) {
        self.room = room
        self.device = device
        self.event = event
        self.commit = commit
        self.digest = Data(digest)
        self.at = at
    }

    /// What a commit is known by, beside its number: the SHA-256 hash of its entry's payload.
    public static func digest(of payload: [UInt8]) -> [UInt8] { SHA256.hash(payload) }

    /// As a signed envelope.
    public func signed(by key: Ed25519.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return DSSEEnvelope.sign([UInt8](try encoder.encode(self)), payloadType: Self.payloadType, with: [key])
            .encoded()
    }
}

/// A fault that somebody says a device has signed.
public struct UnverifiedCommitFault: Sendable {
    private let envelope: DSSEEnvelope
    /// Not to be believed before ``verify(by:)``.
    private let claimed: CommitFault

    /// Whose key must verify it.
    public var claimedDevice: DeviceID { claimed.device }
    /// Which commit it is about, as it says.
    public var claimedCommit: UInt64 { claimed.commit }

    /// - Throws: where it is no fault of a form that this program knows.
    public init(decoding bytes: [UInt8]) throws {
        guard bytes.count <= CommitFault.mostBytes else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "a fault of \(bytes.count) bytes"))
        }
        envelope = try DSSEEnvelope(decoding: bytes)
        claimed = try JSONDecoder().decode(CommitFault.self, from: Data(envelope.unverifiedPayload))
    }

    /// - Throws: where it is not signed by `key`.
    public func verify(by key: Ed25519.PublicKey) throws -> VerifiedCommitFault {
        _ = try envelope.verify(payloadType: CommitFault.payloadType, keys: [key], threshold: 1)
        return VerifiedCommitFault(fault: claimed)
    }
}

/// A fault whose signature was verified. Only ``UnverifiedCommitFault/verify(by:)`` makes one.
public struct VerifiedCommitFault: Sendable, Hashable {
    public let fault: CommitFault
    fileprivate init(fault: CommitFault) { self.fault = fault }
}

// The JSON form: {"v", "room", "device", "event", "commit", "digest", "at"}.
extension CommitFault {
    private static let version = 1

    private enum CodingKeys: String, CodingKey { case v, room, device, event, commit, digest, at }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        guard try fields.decode(Int.self, forKey: .v) == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .v, in: fields, debugDescription: "this program knows faults of version \(Self.version)")
        }
        room = try fields.decode(RoomID.self, forKey: .room)
        device = try fields.decode(DeviceID.self, forKey: .device)
        event = try fields.decode(EventID.self, forKey: .event)
        commit = try fields.decode(UInt64.self, forKey: .commit)
        digest = try fields.decode(Data.self, forKey: .digest)
        guard digest.count == SHA256.digestLength else {
            throw DecodingError.dataCorruptedError(
                forKey: .digest, in: fields, debugDescription: "a digest of another length")
        }
        at = try fields.decode(Timestamp.self, forKey: .at)
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(Self.version, forKey: .v)
        try fields.encode(room, forKey: .room)
        try fields.encode(device, forKey: .device)
        try fields.encode(event, forKey: .event)
        try fields.encode(commit, forKey: .commit)
        try fields.encode(digest, forKey: .digest)
        try fields.encode(at, forKey: .at)
    }
}
