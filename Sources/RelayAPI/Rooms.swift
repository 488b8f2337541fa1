public import Escalation
public import Terms
public import WireFormat

/// POST /v1/rooms: a room with its first entries, in one transaction. Answered with one receipt for each entry.
///
///     struct {
///         opaque room[16]; opaque event[16]; uint8 kind; uint32 retention_s; uint32 horizon_s; uint16 close;
///         Step steps<V>; EntryPost entries<V>;
///     } RoomCreation;
public struct RoomCreation: Hashable, Sendable {
    public let room: RoomID
    /// The idempotency key of the whole; the entries' own keys stand for themselves later.
    public let event: EventID
    public let kind: RoomKind
    /// How long the log is kept after the room closed, in seconds.
    public let retention: UInt32
    /// Page rooms: the page ends at the latest after this time, in seconds (72 h at most) [R12]. Incident rooms: 0.
    public let horizon: UInt32
    /// Page rooms: how many persons must agree that it is over [R12]. Incident rooms: 0.
    public let close: UInt16
    /// Page rooms: the escalation plan, step 1 first. Incident rooms: empty.
    public let steps: [Step]
    /// The first is the commit that adds everybody; the creator is a member without being added.
    public let entries: [EntryPost]

    public init(
        room: RoomID, event: EventID, kind: RoomKind, retention: UInt32, horizon: UInt32, close: UInt16,
        steps: [Step], entries: [EntryPost]
    ) {
        self.room = room
        self.event = event
        self.kind = kind
        self.retention = retention
        self.horizon = horizon
        self.close = close
        self.steps = steps
        self.entries = entries
    }
}

extension RoomCreation: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            room: try reader.identifier("room"), event: try reader.identifier("event"),
            kind: try reader.enumeration(RoomKind.self, "kind"),
            retention: try reader.uint32("retention"), horizon: try reader.uint32("horizon"),
            close: try reader.uint16("close"),
            steps: try reader.vector("steps"), entries: try reader.vector("entries"))
    }

    public func encode(to writer: inout Writer) {
        writer.identifier(room)
        writer.identifier(event)
        writer.enumeration(kind)
        writer.uint32(retention)
        writer.uint32(horizon)
        writer.uint16(close)
        writer.vector(steps)
        writer.vector(entries)
    }
}

/// The answer to a creation: `struct { Receipt receipts<V>; } RoomReceipts;`
public struct RoomReceipts: Hashable, Sendable {
    public let receipts: [Receipt]
    public init(receipts: [Receipt]) { self.receipts = receipts }
}

extension RoomReceipts: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(receipts: try reader.vector("receipts"))
    }

    public func encode(to writer: inout Writer) { writer.vector(receipts) }
}
