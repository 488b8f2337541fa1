import DSSE
public import Escalation
public import Foundation
public import Sodium
public import Terms

/// A device-signed, epoch-free word to relay and members alike [R11]: the payload of a DSSE envelope of type
/// ``payloadType``, signed with the device's MLS signature key (the key of what a device says; DSSE's own
/// pre-authentication encoding keeps it apart from MLS's labels). It is proof by itself, whoever posts it.
public struct Statement: Codable, Sendable, Hashable {
    public static let payloadType = "application/vnd.tocsin.statement+json"

    public enum Kind: Sendable, Hashable {
        /// I have it.
        case ack
        /// The acknowledgements of these digests are void, whoever gave them.
        case unack([StatementDigest])
        /// It is over.
        case resolved
        /// It has ended, and must go on.
        case reopen
        /// The next step is to be called at once.
        case escalate
        /// A sensor's: the trouble is back.
        case fired
    }

    /// The last entry that its author had processed, with the relay's chain up to it: a relay that shows two people
    /// different logs is found out.
    public struct Seen: Codable, Sendable, Hashable {
        public let seq: UInt64
        public let chain: Data
        public init(seq: UInt64, chain: Data) {
            self.seq = seq
            self.chain = chain
        }
    }

    public let kind: Kind
    public let room: RoomID
    public let device: DeviceID
    public let event: EventID
    /// The author's clock.
    public let at: Timestamp
    public let seen: Seen

    public init(_ kind: Kind, room: RoomID, device: DeviceID, event: EventID, at: Timestamp, seen: Seen) {
        self.kind = kind
        self.room = room
        self.device = device
        self.event = event
        self.at = at
        self.seen = seen
    }
}

extension Statement {
    /// How many acknowledgements an `unack` names at most.
    public static let mostNamed = 64

    /// As a signed envelope.
    public func signed(by key: Ed25519.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return DSSEEnvelope.sign(
            [UInt8](try encoder.encode(self)), payloadType: Self.payloadType, with: [key]
        ).encoded()
    }
}

/// A statement that somebody says a device has signed.
public struct UnverifiedStatement: Sendable {
    private let envelope: DSSEEnvelope
    /// Not to be believed before ``verify(by:)``.
    private let claimed: Statement

    /// Whose key must verify it.
    public var claimedDevice: DeviceID { claimed.device }

    /// - Throws: where it is no statement of a form that this program knows.
    public init(decoding bytes: [UInt8]) throws {
        envelope = try DSSEEnvelope(decoding: bytes)
        claimed = try JSONDecoder().decode(Statement.self, from: Data(envelope.unverifiedPayload))
    }

    /// - Throws: where it is not signed by `key`.
    public func verify(by key: Ed25519.PublicKey) throws -> VerifiedStatement {
        let payload = try envelope.verify(payloadType: Statement.payloadType, keys: [key], threshold: 1)
        return VerifiedStatement(statement: claimed, digest: StatementDigest(of: payload.bytes))
    }
}

/// A statement whose signature was verified. Only ``UnverifiedStatement/verify(by:)`` makes one.
public struct VerifiedStatement: Sendable, Hashable {
    public let statement: Statement
    /// What it is known by, and named by in an `unack`.
    public let digest: StatementDigest

    fileprivate init(statement: Statement, digest: StatementDigest) {
        self.statement = statement
        self.digest = digest
    }

    /// As an escalation folds it.
    public var pageStatement: PageStatement {
        PageStatement(statement.kind.folded, digest: digest, device: statement.device, room: statement.room)
    }
}

extension Statement.Kind {
    /// As an escalation folds it.
    public var folded: PageStatement.Kind {
        switch self {
        case .ack: .ack
        case .unack(let acks): .unack(acks)
        case .resolved: .resolved
        case .reopen: .reopen
        case .escalate: .escalate
        case .fired: .fired
        }
    }
}

// The JSON form: {"v", "kind", "room", "device", "event", "at", "seen": {"seq", "chain"}, "acks" (of an unack)}.
extension Statement {
    private static let version = 1

    private enum CodingKeys: String, CodingKey { case v, kind, room, device, event, at, seen, acks }
    private enum Word: String, Codable { case ack, unack, resolved, reopen, escalate, fired }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        guard try fields.decode(Int.self, forKey: .v) == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .v, in: fields, debugDescription: "this program knows statements of version \(Self.version)")
        }
        switch try fields.decode(Word.self, forKey: .kind) {
        case .ack: kind = .ack
        case .unack:
            let acks = try fields.decode([Data].self, forKey: .acks).compactMap { StatementDigest([UInt8]($0)) }
            guard (1...Self.mostNamed).contains(acks.count) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .acks, in: fields,
                    debugDescription: "an unack names 1 to \(Self.mostNamed) acknowledgements by their digests")
            }
            kind = .unack(acks)
        case .resolved: kind = .resolved
        case .reopen: kind = .reopen
        case .escalate: kind = .escalate
        case .fired: kind = .fired
        }
        room = try fields.decode(RoomID.self, forKey: .room)
        device = try fields.decode(DeviceID.self, forKey: .device)
        event = try fields.decode(EventID.self, forKey: .event)
        at = try fields.decode(Timestamp.self, forKey: .at)
        seen = try fields.decode(Seen.self, forKey: .seen)
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(Self.version, forKey: .v)
        let word: Word
        switch kind {
        case .ack: word = .ack
        case .unack(let acks):
            word = .unack
            try fields.encode(acks.map { Data($0.bytes) }, forKey: .acks)
        case .resolved: word = .resolved
        case .reopen: word = .reopen
        case .escalate: word = .escalate
        case .fired: word = .fired
        }
        try fields.encode(word, forKey: .kind)
        try fields.encode(room, forKey: .room)
        try fields.encode(device, forKey: .device)
        try fields.encode(event, forKey: .event)
        try fields.encode(at, forKey: .at)
        try fields.encode(seen, forKey: .seen)
    }
}
