public import Escalation
public import Terms

/// POST /v1/rooms: a room with its first entries, in one transaction. Answered with one receipt for each entry.
///
///     struct {
///         opaque room[16]; opaque event[16]; uint8 kind; uint32 retention_s; uint32 horizon_s;
///         Step steps<V>; EntryPost entries<V>;
///     } RoomCreation;
public struct RoomCreation: Hashable, Sendable {
    public let room: RoomID
    /// The idempotency key of the whole; the entries' own keys stand for themselves later.
    public let event: EventID
    public let kind: RoomKind
    /// How long the log is kept after the room closed, in seconds.
    public let retention: UInt32
    /// Page rooms: closed by the relay at the latest after this time, in seconds (72 h at most) [R12]. Incident rooms: 0.
    public let horizon: UInt32
    /// Page rooms: the escalation plan, step 1 first. Incident rooms: empty.
    public let steps: [Step]
    /// The first is the commit that adds everybody; the creator is a member without being added.
    public let entries: [EntryPost]

    public init(
        room: RoomID, event: EventID, kind: RoomKind, retention: UInt32, horizon: UInt32, steps: [Step],
        entries: [EntryPost]
    ) {
        self.room = room
        self.event = event
        self.kind = kind
        self.retention = retention
        self.horizon = horizon
        self.steps = steps
        self.entries = entries
    }
}

/// The answer to a creation: `struct { Receipt receipts<V>; } RoomReceipts;`
public struct RoomReceipts: Hashable, Sendable {
    public let receipts: [Receipt]
    public init(receipts: [Receipt]) { self.receipts = receipts }
}

/// GET /v1/rooms/{id}/entries?after=SEQ&limit=N.
///
///     struct { uint64 head; uint8 closed; uint8 released_steps; Entry entries<V>; } EntryPage;
public struct EntryPage: Hashable, Sendable {
    /// The sequence number of the room's last entry that this device may see.
    public let head: UInt64
    public let closed: Bool
    public let releasedSteps: UInt8
    public let entries: [Entry]
    public init(head: UInt64, closed: Bool, releasedSteps: UInt8, entries: [Entry]) {
        self.head = head
        self.closed = closed
        self.releasedSteps = releasedSteps
        self.entries = entries
    }
}

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

public struct PendingWelcomes: Hashable, Sendable {
    public let welcomes: [PendingWelcome]
    public init(welcomes: [PendingWelcome]) { self.welcomes = welcomes }
}
