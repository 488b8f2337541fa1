public import Escalation
public import Sodium
public import Terms
public import WireFormat

// What moves a page's escalation, as it stands in the log. Both carry the relay's readings of time: who has the same log has
// the same state, and nobody folds a clock [R11, R18].

/// The payload of a `statement` entry: what its author signed, behind the relay's readings of time when it came.
///
///     struct { Readings readings; opaque envelope<V>; } StampedStatement;
public struct StampedStatement: Hashable, Sendable {
    public let readings: Readings
    /// As it was posted: see ``UnverifiedStatement``.
    public let envelope: [UInt8]

    public init(readings: Readings, envelope: [UInt8]) {
        self.readings = readings
        self.envelope = envelope
    }
}

extension StampedStatement: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(readings: try Readings(from: &reader), envelope: try reader.opaque("envelope"))
    }

    public func encode(to writer: inout Writer) {
        readings.encode(to: &writer)
        writer.opaque(envelope)
    }
}

/// The payload of a `timer` entry: the relay's signed word of what its timers did, and by which readings of time.
///
///     struct { Readings readings; TimerEntry entry; opaque signature[64]; } SignedTimerEntry;
public struct SignedTimerEntry: Hashable, Sendable {
    public let readings: Readings
    public let entry: TimerEntry
    /// Ed25519 by the relay's identity key over room, place in the log, readings and entry.
    public let signature: [UInt8]

    private init(readings: Readings, entry: TimerEntry, signature: [UInt8]) {
        self.readings = readings
        self.entry = entry
        self.signature = signature
    }

    public init(
        _ entry: TimerEntry, at readings: Readings, room: RoomID, seq: UInt64, by identity: Ed25519.PrivateKey
    ) {
        self.init(
            readings: readings, entry: entry,
            signature: identity.signature(for: Self.signedContent(entry, at: readings, room: room, seq: seq)))
    }

    public func isValid(room: RoomID, seq: UInt64, by identity: Ed25519.PublicKey) -> Bool {
        identity.isValidSignature(signature, for: Self.signedContent(entry, at: readings, room: room, seq: seq))
    }

    private static func signedContent(
        _ entry: TimerEntry, at readings: Readings, room: RoomID, seq: UInt64
    ) -> [UInt8] {
        Array("tocsin timer v1\0".utf8) + room.bytes + bigEndian(seq) + readings.encoded + entry.encoded
    }
}

extension SignedTimerEntry: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            readings: try Readings(from: &reader), entry: try TimerEntry(from: &reader),
            signature: try reader.fixed(Ed25519.signatureLength, "signature"))
    }

    public func encode(to writer: inout Writer) {
        readings.encode(to: &writer)
        entry.encode(to: &writer)
        writer.fixed(signature)
    }
}
