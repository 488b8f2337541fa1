public import Terms
public import WireFormat

/// GET /v1/welcomes: what is released and waits for this device. It goes when the device's cursor reaches `seq`.
///
///     struct {
///         opaque room[16]; uint8 kind; uint64 seq; uint64 time_ms; opaque chain[32]; opaque welcome<V>;
///     } PendingWelcome;
///     struct { PendingWelcome welcomes<V>; } PendingWelcomes;
public struct PendingWelcome: Hashable, Sendable {
    public let room: RoomID
    public let kind: RoomKind
    /// The commit that added this device; its log starts after it.
    public let seq: UInt64
    /// When the relay accepted that commit: what expiry is judged against [R1].
    public let time: Timestamp
    /// The relay's chain at `seq`.
    public let chain: [UInt8]
    public let welcome: [UInt8]
    public init(room: RoomID, kind: RoomKind, seq: UInt64, time: Timestamp, chain: [UInt8], welcome: [UInt8]) {
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
            room: try reader.identifier("room"), kind: try reader.enumeration(RoomKind.self, "kind"),
            seq: try reader.uint64("seq"),
            time: Timestamp(milliseconds: try reader.uint64("time")),
            chain: try reader.fixed(LogChain.length, "chain"), welcome: try reader.opaque("welcome"))
    }

    public func encode(to writer: inout Writer) {
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
