import DSSE
public import Foundation
public import Sodium
public import Terms

/// A device's signed, epoch-free word that it cannot use a Welcome that it was given [R14]: it was not reached. The payload of a DSSE
/// envelope of type ``payloadType``, signed with the device's MLS signature key. It says nothing of whose doing that is: whoever
/// made the Welcome, the relay, or the device may be at fault.
public struct WelcomeFailure: Codable, Sendable, Hashable {
    public static let payloadType = "application/vnd.tocsin.welcome-failed+json"
    /// Most bytes of a signed one.
    public static let mostBytes = 2_048

    public let room: RoomID
    public let device: DeviceID
    public let event: EventID
    /// The number of the commit that the Welcome came with, in the room's log.
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

    /// What a Welcome is known by: the SHA-256 hash of its bytes.
    public static func digest(of welcome: [UInt8]) -> [UInt8] { SHA256.hash(welcome) }

    /// The event id that a device says it by. One Welcome has one, so that a retry after a crash is the same word again.
    public static func event(of welcome: [UInt8], in room: RoomID, commit: UInt64, to device: DeviceID) -> EventID {
        let number = withUnsafeBytes(of: commit.bigEndian) { [UInt8]($0) }
        let hash = SHA256.hash(
            Array("tocsin welcome-failed event\0".utf8) + room.bytes + device.bytes + number + digest(of: welcome))
        return EventID([UInt8](hash.prefix(EventID.length))) ?? .random()
    }

    /// As a signed envelope.
    public func signed(by key: Ed25519.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return DSSEEnvelope.sign([UInt8](try encoder.encode(self)), payloadType: Self.payloadType, with: [key])
            .encoded()
    }
}

/// Such a word that somebody says a device has signed.
public struct UnverifiedWelcomeFailure: Sendable {
    private let envelope: DSSEEnvelope
    /// Not to be believed before ``verify(by:)``.
    private let claimed: WelcomeFailure

    /// Whose key must verify it.
    public var claimedDevice: DeviceID { claimed.device }
    /// With which commit the Welcome came, as it says.
    public var claimedCommit: UInt64 { claimed.commit }

    /// - Throws: where it is none of a form that this program knows.
    public init(decoding bytes: [UInt8]) throws {
        guard bytes.count <= WelcomeFailure.mostBytes else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "a failed Welcome's word of \(bytes.count) bytes"))
        }
        envelope = try DSSEEnvelope(decoding: bytes)
        claimed = try JSONDecoder().decode(WelcomeFailure.self, from: Data(envelope.unverifiedPayload))
    }

    /// - Throws: where it is not signed by `key`.
    public func verify(by key: Ed25519.PublicKey) throws -> VerifiedWelcomeFailure {
        _ = try envelope.verify(payloadType: WelcomeFailure.payloadType, keys: [key], threshold: 1)
        return VerifiedWelcomeFailure(failure: claimed)
    }
}

/// Such a word whose signature was verified. Only ``UnverifiedWelcomeFailure/verify(by:)`` makes one.
public struct VerifiedWelcomeFailure: Sendable, Hashable {
    public let failure: WelcomeFailure
    fileprivate init(failure: WelcomeFailure) { self.failure = failure }
}

// The JSON form: {"v", "room", "device", "event", "commit", "digest", "at"}.
extension WelcomeFailure {
    private static let version = 1

    private enum CodingKeys: String, CodingKey { case v, room, device, event, commit, digest, at }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        guard try fields.decode(Int.self, forKey: .v) == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .v, in: fields,
                debugDescription: "this program knows failed Welcomes of version \(Self.version)")
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
