internal import Sodium
public import Terms

/// What a statement is known by, and named by in an `unack`: a hash of the bytes that its device signed [R11]. A copy
/// has the same one, whoever posts it.
public struct StatementDigest: Hashable, Comparable, Sendable {
    public static let length = 32
    public let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    /// Of a signed payload: BLAKE2b-256 behind a label of its own.
    public init(of payload: [UInt8]) { bytes = BLAKE2b.hash(Array("tocsin statement\0".utf8) + payload) }

    public static func < (a: StatementDigest, b: StatementDigest) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}

/// One entry of a page's log, as far as it moves its escalation.
public enum PageEntry: Hashable, Sendable {
    case statement(PageStatement)
    /// The relay's list says that this device is revoked or has expired: its acknowledgements are void from here on
    /// [R11].
    case out(DeviceID)
    /// A device's own signed word that it cannot open its Welcome: it was not reached [R14].
    case unreached(DeviceID)
    /// What the relay's timers wrote.
    case timer(TimerEntry)
}

/// What a device has signed, whose signature was verified: nothing else may become one.
public struct PageStatement: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// I have it.
        case ack
        /// The acknowledgements of these digests are void, whoever gave them.
        case unack([StatementDigest])
        /// It is over: of a person an acknowledgement at once [R12], of a sensor what its tool says.
        case resolved
        /// It has ended and must go on.
        case reopen
        /// Release the next step, whatever was acknowledged.
        case escalate
        /// It was shown.
        case read
        /// A sensor's: the trouble is back.
        case fired
    }

    public let kind: Kind
    public let digest: StatementDigest
    public let device: DeviceID
    /// The room that it names: in another one it counts for nothing.
    public let room: RoomID

    public init(_ kind: Kind, digest: StatementDigest, device: DeviceID, room: RoomID) {
        self.kind = kind
        self.digest = digest
        self.device = device
        self.room = room
    }
}

/// What the relay's timers write into the log, signed and with both readings of time [R11]. Steps are counted from 0.
///
///     struct {
///         uint8 kind;
///         select (kind) {
///             case released (1): uint32 step; uint32 persons<V>;
///             case skipped (2):  uint32 step;
///             case void (6):     opaque digests<V>;   // StatementDigest digests<V>
///             case ended (7):    uint8 how;
///             case rang (3), again (4), alone (5), gone (8): ;
///         };
///     } TimerEntry;
public enum TimerEntry: Hashable, Sendable {
    /// A step's Welcomes are handed out, and its persons called.
    case released(step: Int, persons: [PersonHandle])
    /// Nobody is on call for this step.
    case skipped(step: Int)
    /// Who was called is rung again, since nobody has it.
    case rang
    /// Page again: it was acknowledged and has not ended in time. What was acknowledged counts no more.
    case again
    /// Page again, once: one person alone has held it for too long [R12].
    case alone
    /// These acknowledgements are void: their devices are revoked or have expired.
    case void([StatementDigest])
    case ended(Ending)
    /// Unreleased Welcomes are destroyed: members wipe the group here [R12].
    case gone
}

/// How a page ended.
public enum Ending: UInt8, Hashable, Sendable, CaseIterable {
    /// As many persons agreed as the plan's `close` says.
    case resolved = 1
    /// The sensor said that it is over, and as many persons had acknowledged.
    case sensor = 2
    /// Its time was over; somebody had it.
    case horizon = 3
    /// Its time was over and nobody had it: said loudly, and kept.
    case unseen = 4
}

/// Why a statement counts for nothing. Relay and readers have the same test [R11].
public enum Refusal: String, Error, Hashable, Sendable, CaseIterable {
    /// It names another room.
    case anotherRoom
    /// Its device is revoked or has expired.
    case deviceIsOut
    /// A sensor said what only persons may say.
    case personsWord
    /// Its device is nobody's who was called.
    case notCalled
    /// A person said what only a sensor may say.
    case sensorsWord
    /// The page is gone: nothing of it is left to say anything about.
    case gone
    /// The page has not ended, or at its horizon.
    case nothingToReopen
    /// The page has ended.
    case ended
    /// It was counted before, whoever posted it.
    case countedBefore
    /// An `unack` that names no acknowledgement which holds.
    case voidsNothing
    /// A timer's entry that names what this page's plan does not have.
    case notOfThePlan
}
