import Escalation
import RelayAPI
import Terms
import WireFormat

/// The end of a room's log.
struct LogHead: Sendable, Hashable {
    /// The last entry's number; 0 before the first.
    var seq: UInt64 = 0
    /// The last entry's time. The next one's may be earlier: a clock that was ahead is set right [R18].
    var time = Timestamp(milliseconds: 0)
    var chain: [UInt8]
    /// The last entry of class commit [R3].
    var commit: UInt64 = 0
}

/// What a storage engine knows of a room, as far as a change needs it. It is read under the room's lock, so that it still
/// holds when the change is stored.
struct RoomFacts: Sendable, Hashable {
    /// A commit that a device says it cannot use [R4].
    struct Faulted: Sendable, Hashable {
        let seq: UInt64
        let author: DeviceID
        let digest: [UInt8]
        /// Whether the device has said so before.
        let isFaulted: Bool
    }

    /// A Welcome that a device says it cannot use [R14].
    struct FailedWelcome: Sendable, Hashable {
        /// The commit that it came with.
        let commit: UInt64
        let digest: [UInt8]
    }

    /// A member that was not called yet, and the step that its Welcome is for.
    struct Withheld: Sendable, Hashable {
        let device: DeviceID
        let step: Int
    }

    let room: RoomID
    let kind: RoomKind
    let creator: DeviceID
    /// From here the readings of a page's time count.
    let created: Readings
    /// What was added to the most reading since, because nothing was known of how long the relay had been down [R18].
    var ahead = Elapsed.zero
    var log: LogHead
    /// A page that has ended, and may be reopened.
    var hasEnded = false
    var isClosed = false
    var releasedSteps = 0
    /// The commits that may still count, as far as ``RoomScope`` asks for them; the one that stands always.
    var ledger = CommitLedger(stands: 0)

    /// The commit that a fault names, where the room has it. Only where ``RoomScope/fault`` asks for it.
    var faulted: Faulted?
    /// The Welcome that a device says it cannot use, where it waits for that device. Only where ``RoomScope/failed`` asks for it.
    var failed: FailedWelcome?
    /// Devices that ever faulted a commit. Only where ``RoomScope/commits`` asks for all that may still count.
    var faulters: Set<DeviceID> = []
    /// When devices last wrote a message or a commit. Only where ``RoomScope/written`` asks for it.
    var written: [DeviceID: Timestamp] = [:]

    /// Devices that may see the room's next entries.
    var audience: [DeviceID] = []
    /// Of the devices that ``RoomScope`` names, those that are or were members.
    var named: [DeviceID: Membership] = [:]
    /// Devices that are members, called or not. Only where ``RoomScope/members`` asks for it.
    var memberCount = 0
    /// The page's escalation; nil where the room is none, or is closed. Only where ``RoomScope/page`` asks for it.
    var page: Page?
    /// Only where ``RoomScope/page`` asks for it.
    var withheld: [Withheld] = []
}

/// Which facts a change needs, so that an engine reads no more.
struct RoomScope: Sendable, Hashable {
    /// Devices whose membership matters.
    var named: Set<DeviceID> = []
    var members = false
    var page = false
    /// The commit in whose epoch something is written.
    var parent: UInt64?
    /// Whether all that may still count are asked for. Else only where `parent` is none that stands.
    var commits = false
    /// Whether it matters who wrote when: somebody takes the lead [R6].
    var written = false

    /// A commit that a device says it cannot use.
    struct Fault: Sendable, Hashable {
        let commit: UInt64
        let device: DeviceID
    }

    /// Whose fault names which commit.
    var fault: Fault?
    /// Who says of which commit that its Welcome cannot be used.
    var failed: Fault?

    /// What the timers do.
    static let timers = RoomScope(page: true)

    static func post(_ post: EntryPost, by device: DeviceID) -> RoomScope {
        var scope = RoomScope(named: [device])
        switch post.entryClass {
        case .timer: break
        case .message: scope.parent = post.parent
        case .statement: scope.page = true
        case .leadStatement: break
        case .fault:
            // One of another form is refused.
            if let fault = try? UnverifiedCommitFault(decoding: post.payload) {
                scope.fault = Fault(commit: fault.claimedCommit, device: device)
            }
        case .welcomeFailed:
            scope.page = true
            if let failure = try? UnverifiedWelcomeFailure(decoding: post.payload) {
                scope.failed = Fault(commit: failure.claimedCommit, device: device)
            }
        case .commit:
            scope.parent = post.parent
            scope.commits = true
            scope.members = true
            scope.page = true
            scope.named.formUnion(post.welcomes.flatMap(\.devices))
            // A post without a header is refused.
            if let header = try? post.header {
                scope.named.formUnion(header.adds)
                scope.written = header.takes
            }
        }
        return scope
    }
}

extension EntryPost {
    /// The header of a commit.
    var header: CommitHeader {
        get throws(Problem) {
            do {
                return try CommitPayload(decoding: payload).header
            } catch {
                throw .malformed("a commit's payload must begin with its header")
            }
        }
    }
}
