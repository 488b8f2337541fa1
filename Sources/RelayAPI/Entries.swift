public import Terms
public import WireFormat

/// What a relay may know about an entry's content.
public enum EntryClass: UInt8, Sendable, Hashable {
    /// An MLS commit: moves the room to a new epoch. Answered 409 where another commit has come since `base_seq` [R3].
    case commit = 1
    /// An MLS application message.
    case message = 2
    /// A device-signed, epoch-free ``Statement``: the relay checks it [R11]. In the log its payload is a ``StampedStatement``.
    case statement = 3
    /// Written by the relay itself: what a page's timers did. The payload is a ``SignedTimerEntry``; the poster is all zeros.
    case timer = 4
    /// A device-signed, epoch-free ``CommitFault``, as it was posted: its poster cannot use a commit [R4].
    case fault = 5
    /// A device-signed, epoch-free ``LeadStatement``, as it was posted: about who leads the room [R6].
    case leadStatement = 6
    /// A device-signed, epoch-free ``WelcomeFailure``, as it was posted: its poster was not reached [R14].
    case welcomeFailed = 7
}

/// An event or commit as the relay sees it: opaque bytes with a sequence number in a room's log.
///
///     struct {
///         uint64 seq; uint64 time_ms; opaque poster[16]; uint8 class; opaque payload<V>; opaque chain[32];
///     } Entry;
public struct Entry: Hashable, Sendable {
    /// 1 for the room's first entry, then without gaps.
    public let seq: UInt64
    /// When the relay accepted it.
    public let time: Timestamp
    /// The device that posted it; 16 zeros where the relay itself did.
    public let poster: DeviceID
    public let entryClass: EntryClass
    public let payload: [UInt8]
    /// ``LogChain`` up to and including this entry.
    public let chain: [UInt8]

    public init(
        seq: UInt64, time: Timestamp, poster: DeviceID, entryClass: EntryClass, payload: [UInt8], chain: [UInt8]
    ) {
        self.seq = seq
        self.time = time
        self.poster = poster
        self.entryClass = entryClass
        self.payload = payload
        self.chain = chain
    }
}

extension Entry: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            seq: try reader.uint64("seq"), time: Timestamp(milliseconds: try reader.uint64("time")),
            poster: try reader.identifier("poster"), entryClass: try reader.enumeration(EntryClass.self, "class"),
            payload: try reader.opaque("payload"), chain: try reader.fixed(LogChain.length, "chain"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.identifier(poster)
        writer.enumeration(entryClass)
        writer.opaque(payload)
        writer.fixed(chain)
    }
}

/// A write to a room's log.
///
///     struct {
///         opaque event[16]; uint8 class; uint64 base_seq; uint64 parent; opaque payload<V>; WelcomeDelivery welcomes<V>;
///     } EntryPost;
public struct EntryPost: Hashable, Sendable {
    public let event: EventID
    /// `commit`, `message`, `statement`, `fault`, `leadStatement` or `welcomeFailed`; a post of class `timer` is refused.
    public let entryClass: EntryClass
    /// The last entry that the author had processed.
    public let baseSeq: UInt64
    /// The number of the commit in whose epoch it is written, as a commit's header says too [R3]; 0 with what is of no epoch:
    /// a statement of either kind, a fault, a failed Welcome.
    public let parent: UInt64
    public let payload: [UInt8]
    /// Only with a commit: what its joiners need.
    public let welcomes: [WelcomeDelivery]

    public init(
        event: EventID, entryClass: EntryClass, baseSeq: UInt64, parent: UInt64 = 0, payload: [UInt8],
        welcomes: [WelcomeDelivery] = []
    ) {
        self.event = event
        self.entryClass = entryClass
        self.baseSeq = baseSeq
        self.parent = parent
        self.payload = payload
        self.welcomes = welcomes
    }
}

extension EntryPost: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            event: try reader.identifier("event"), entryClass: try reader.enumeration(EntryClass.self, "class"),
            baseSeq: try reader.uint64("base_seq"), parent: try reader.uint64("parent"),
            payload: try reader.opaque("payload"), welcomes: try reader.vector("welcomes"))
    }

    public func encode(to writer: inout Writer) {
        writer.identifier(event)
        writer.enumeration(entryClass)
        writer.uint64(baseSeq)
        writer.uint64(parent)
        writer.opaque(payload)
        writer.vector(welcomes)
    }
}

/// A Welcome for some devices, handed out when its step is released.
///
///     struct { uint8 step; DeviceID devices<V>; opaque welcome<V>; } WelcomeDelivery;
public struct WelcomeDelivery: Hashable, Sendable {
    /// 0 or 1: at once. n > 1: withheld until step n of the room's escalation plan is released.
    public let step: UInt8
    public let devices: [DeviceID]
    public let welcome: [UInt8]
    public init(step: UInt8, devices: [DeviceID], welcome: [UInt8]) {
        self.step = step
        self.devices = devices
        self.welcome = welcome
    }
}

extension WelcomeDelivery: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            step: try reader.uint8("step"), devices: try reader.identifiers("devices"),
            welcome: try reader.opaque("welcome"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint8(step)
        writer.identifiers(devices)
        writer.opaque(welcome)
    }
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

extension EntryPage: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            head: try reader.uint64("head"), closed: try reader.isPresent("closed"),
            releasedSteps: try reader.uint8("released_steps"), entries: try reader.vector("entries"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(head)
        writer.uint8(closed ? 1 : 0)
        writer.uint8(releasedSteps)
        writer.vector(entries)
    }
}
