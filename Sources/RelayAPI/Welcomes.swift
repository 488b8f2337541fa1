public import Terms
public import WireFormat

/// GET /v1/welcomes?before=PLACE&after=SEQ&limit=N: what is released and waits for this device, the newest room first and a
/// room's Welcomes in the order of its log. One goes when the device's cursor reaches its `seq`. What comes after an answer
/// is asked for with `place` and `seq` of its last Welcome, until an answer is empty.
///
///     struct {
///         uint64 place; opaque room[16]; uint8 kind; uint64 seq; uint64 time_ms; opaque chain[32]; opaque welcome<V>;
///     } PendingWelcome;
///     struct { PendingWelcome welcomes<V>; } PendingWelcomes;
public struct PendingWelcome: Hashable, Sendable {
    /// Where its room stands among those that wait for this device: the later the room was released to it, the higher.
    public let place: UInt64
    public let room: RoomID
    public let kind: RoomKind
    /// The commit that added this device; its log starts after it.
    public let seq: UInt64
    /// When the relay accepted that commit: what expiry is judged against [R1].
    public let time: Timestamp
    /// The relay's chain at `seq`.
    public let chain: [UInt8]
    public let welcome: [UInt8]
    public init(
        place: UInt64, room: RoomID, kind: RoomKind, seq: UInt64, time: Timestamp, chain: [UInt8], welcome: [UInt8]
    ) {
        self.place = place
        self.room = room
        self.kind = kind
        self.seq = seq
        self.time = time
        self.chain = chain
        self.welcome = welcome
    }
}

extension PendingWelcome: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            place: try reader.uint64("place"), room: try reader.identifier("room"),
            kind: try reader.enumeration(RoomKind.self, "kind"),
            seq: try reader.uint64("seq"),
            time: Timestamp(milliseconds: try reader.uint64("time")),
            chain: try reader.fixed(LogChain.length, "chain"), welcome: try reader.opaque("welcome"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(place)
        writer.identifier(room)
        writer.enumeration(kind)
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.fixed(chain)
        writer.opaque(welcome)
    }
}

public struct PendingWelcomes: Hashable, Sendable {
    public let welcomes: [PendingWelcome]
    public init(welcomes: [PendingWelcome]) { self.welcomes = welcomes }
}

extension PendingWelcomes: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(welcomes: try reader.vector("welcomes"))
    }

    public func encode(to writer: inout Writer) { writer.vector(welcomes) }
}
