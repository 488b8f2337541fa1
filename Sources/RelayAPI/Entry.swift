public import Terms

/// What a relay may know about an entry's content.
public enum EntryClass: UInt8, Sendable, Hashable {
    /// An MLS commit: moves the room to a new epoch. Answered 409 where another commit has come since `base_seq` [R3].
    case commit = 1
    /// An MLS application message.
    case message = 2
    /// A device-signed, epoch-free ``Statement``: the relay checks it [R11].
    case statement = 3
    /// Written by the relay itself: an escalation step was released. The payload is a ``StepRelease``; the poster is all zeros.
    case release = 4
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

/// The payload of a `release` entry: `struct { uint8 step; uint8 manual; } StepRelease;` with steps counted from 1.
public struct StepRelease: Hashable, Sendable {
    public let step: UInt8
    /// Released by `escalate`, not by the timer.
    public let manual: Bool
    public init(step: UInt8, manual: Bool) {
        self.step = step
        self.manual = manual
    }
}

/// A write to a room's log.
///
///     struct {
///         opaque event[16]; uint8 class; uint64 base_seq; opaque payload<V>; WelcomeDelivery welcomes<V>; uint8 closes;
///     } EntryPost;
public struct EntryPost: Hashable, Sendable {
    public let event: EventID
    /// `commit`, `message` or `statement`; a post of class `release` is refused.
    public let entryClass: EntryClass
    /// The last entry that the author had processed.
    public let baseSeq: UInt64
    public let payload: [UInt8]
    /// Only with a commit: what its joiners need.
    public let welcomes: [WelcomeDelivery]
    /// The room closes with this entry: unreleased Welcomes are destroyed in the same transaction [R12].
    public let closesRoom: Bool

    public init(
        event: EventID, entryClass: EntryClass, baseSeq: UInt64, payload: [UInt8], welcomes: [WelcomeDelivery] = [],
        closesRoom: Bool = false
    ) {
        self.event = event
        self.entryClass = entryClass
        self.baseSeq = baseSeq
        self.payload = payload
        self.welcomes = welcomes
        self.closesRoom = closesRoom
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

/// The clear, signed header of every commit, in its `authenticated_data` [R3]. The relay acts on `adds` and `removes`;
/// clients hold a commit that does something else to be invalid.
///
///     struct {
///         uint64 base_seq; opaque chain[32]; DeviceID adds<V>; DeviceID removes<V>;
///         uint64 calllist_version; opaque calllist_digest[32];
///     } CommitHeader;
public struct CommitHeader: Hashable, Sendable {
    public let baseSeq: UInt64
    /// The author's epoch chain after `baseSeq` (DESIGN "The log's chain").
    public let chain: [UInt8]
    public let adds: [DeviceID]
    public let removes: [DeviceID]
    /// The call list that the room is pinned to from this commit on.
    public let callListVersion: UInt64
    public let callListDigest: [UInt8]

    public init(
        baseSeq: UInt64, chain: [UInt8], adds: [DeviceID], removes: [DeviceID], callListVersion: UInt64,
        callListDigest: [UInt8]
    ) {
        self.baseSeq = baseSeq
        self.chain = chain
        self.adds = adds
        self.removes = removes
        self.callListVersion = callListVersion
        self.callListDigest = callListDigest
    }
}

/// The payload of a `commit` entry. The header stands in front so that the relay, which cannot look into the MLS message,
/// can act on it; it is also the message's `authenticated_data`, and readers refuse a commit where the two differ [R3].
///
///     struct { opaque header<V>; opaque commit<V>; } CommitPayload;
public struct CommitPayload: Hashable, Sendable {
    public let header: CommitHeader
    /// An MLSMessage.
    public let commit: [UInt8]

    public init(header: CommitHeader, commit: [UInt8]) {
        self.header = header
        self.commit = commit
    }
}
