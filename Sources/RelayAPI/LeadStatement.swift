import DSSE
import Foundation
public import Sodium
public import Terms

/// A device's signed, epoch-free word about who leads an incident room [R6]: the payload of a DSSE envelope of type
/// ``payloadType``, signed with the device's MLS signature key. It is proof by itself: who takes the lead, or uses it, carries those
/// that it needs in the commit's header, so that whoever joins later judges as all others do.
public struct LeadStatement: Codable, Sendable, Hashable {
    public static let payloadType = "application/vnd.tocsin.lead+json"
    /// Most bytes of a signed one.
    public static let mostBytes = 4_096
    /// Most devices that a `remove` names.
    public static let mostNamed = 32
    /// Milliseconds of the relay's time in which none of the leads has written, so that the lead may be taken. A statement counts
    /// as long: what was said in an earlier silence says nothing about this one.
    public static let silence: UInt64 = 12 * 3_600_000

    public enum Kind: Sendable, Hashable {
        /// None of those who lead has written for ``LeadStatement/silence``.
        case noLead
        /// These devices, which are listed and in time, are to leave the room: by one who took the lead, to another who did.
        case remove([DeviceID])
    }

    public let kind: Kind
    public let room: RoomID
    public let device: DeviceID
    public let event: EventID
    /// The relay's time, as far as the author knew it: by that it is judged.
    public let at: Timestamp

    public init(_ kind: Kind, room: RoomID, device: DeviceID, event: EventID, at: Timestamp) {
        self.kind = kind
        self.room = room
        self.device = device
        self.event = event
        self.at = at
    }

    /// Whether it counts with an entry of that time.
    public func counts(at entry: Timestamp) -> Bool {
        at.adding(milliseconds: Self.silence) > entry && at <= entry.adding(milliseconds: CommitHeader.datingTolerance)
    }

    /// As a signed envelope.
    public func signed(by key: Ed25519.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return DSSEEnvelope.sign([UInt8](try encoder.encode(self)), payloadType: Self.payloadType, with: [key])
            .encoded()
    }
}

/// A statement that somebody says a device has signed.
public struct UnverifiedLeadStatement: Sendable {
    private let envelope: DSSEEnvelope
    /// Not to be believed before ``verify(by:)``.
    private let claimed: LeadStatement

    /// Whose key must verify it.
    public var claimedDevice: DeviceID { claimed.device }

    /// - Throws: where it is no statement of a form that this program knows.
    public init(decoding bytes: [UInt8]) throws {
        guard bytes.count <= LeadStatement.mostBytes else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "a statement of \(bytes.count) bytes"))
        }
        envelope = try DSSEEnvelope(decoding: bytes)
        claimed = try JSONDecoder().decode(LeadStatement.self, from: Data(envelope.unverifiedPayload))
    }

    /// - Throws: where it is not signed by `key`.
    public func verify(by key: Ed25519.PublicKey) throws -> VerifiedLeadStatement {
        _ = try envelope.verify(payloadType: LeadStatement.payloadType, keys: [key], threshold: 1)
        return VerifiedLeadStatement(statement: claimed)
    }
}

/// A statement whose signature was verified. Only ``UnverifiedLeadStatement/verify(by:)`` makes one.
public struct VerifiedLeadStatement: Sendable, Hashable {
    public let statement: LeadStatement
    fileprivate init(statement: LeadStatement) { self.statement = statement }
}

extension CommitHeader {
    /// The statements that it carries and that count: the first ``mostStatements``, about this room, not too old, each signed by a
    /// device that `key` knows.
    /// - Parameter time: the entry's.
    public func statements(
        in room: RoomID, at time: Timestamp, key: (DeviceID) -> Ed25519.PublicKey?
    ) -> [LeadStatement] {
        statements.prefix(Self.mostStatements).compactMap { bytes in
            guard let unverified = try? UnverifiedLeadStatement(decoding: bytes),
                let key = key(unverified.claimedDevice),
                let said = try? unverified.verify(by: key).statement, said.room == room, said.counts(at: time)
            else { return nil }
            return said
        }
    }
}

// The JSON form: {"v", "kind", "room", "device", "event", "at", "devices" (of a remove)}.
extension LeadStatement {
    private static let version = 1

    private enum CodingKeys: String, CodingKey { case v, kind, room, device, event, at, devices }
    private enum Word: String, Codable {
        case noLead = "no-lead"
        case remove
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        guard try fields.decode(Int.self, forKey: .v) == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .v, in: fields, debugDescription: "this program knows statements of version \(Self.version)")
        }
        switch try fields.decode(Word.self, forKey: .kind) {
        case .noLead: kind = .noLead
        case .remove:
            let devices = try fields.decode([DeviceID].self, forKey: .devices)
            guard (1...Self.mostNamed).contains(devices.count) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .devices, in: fields, debugDescription: "it names 1 to \(Self.mostNamed) devices")
            }
            kind = .remove(devices)
        }
        room = try fields.decode(RoomID.self, forKey: .room)
        device = try fields.decode(DeviceID.self, forKey: .device)
        event = try fields.decode(EventID.self, forKey: .event)
        at = try fields.decode(Timestamp.self, forKey: .at)
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(Self.version, forKey: .v)
        switch kind {
        case .noLead: try fields.encode(Word.noLead, forKey: .kind)
        case .remove(let devices):
            try fields.encode(Word.remove, forKey: .kind)
            try fields.encode(devices, forKey: .devices)
        }
        try fields.encode(room, forKey: .room)
        try fields.encode(device, forKey: .device)
        try fields.encode(event, forKey: .event)
        try fields.encode(at, forKey: .at)
    }
}
