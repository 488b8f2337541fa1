public import Terms

/// What a page's log folds to. All of it comes from entries, nothing from a clock: who has the same log has the same
/// state. ``Page`` has the rules; this only holds.
///
/// Its encoding, which is frozen and has one form for each value:
///
///     struct { uint32 person; uint64 at_ms; } Call;
///     struct { opaque digest[32]; opaque device[16]; uint32 person; uint64 at_ms; uint8 flags; } Acknowledgement;
///     struct {
///         uint8 kind;   // 0 waits, 1 released, 2 skipped
///         select (kind) { case 1: uint64 at_ms; uint32 persons<V>; case 2: uint64 at_ms; case 0: ; };
///     } StepState;
///     struct {
///         uint8 version;   // 1; 2 where some device was not reached
///         StepState steps<V>; Call called<V>; Acknowledgement acks<V>; uint32 read<V>;
///         DeviceID out<V>;
///         opaque counted<V>;   // StatementDigest counted<V>
///         uint64 base_ms; optional<uint64> first_ack_ms; optional<uint64> ack_since_ms;
///         optional<struct { uint8 how; uint64 most_ms; uint64 least_ms; }> ended;
///         uint8 flags;   // 1 push, 2 over, 4 gone, 8 alone
///         uint32 rings; uint64 last_ring_ms;
///         select (version) { case 1: ; case 2: DeviceID unreached<V>; };   // not empty
///     } State;
public struct State: Hashable, Sendable {
    public enum Step: Hashable, Sendable {
        case waits
        case released(at: Elapsed, persons: [PersonHandle])
        /// Nobody was on call.
        case skipped(at: Elapsed)
    }

    public struct Call: Hashable, Sendable {
        public let person: PersonHandle
        /// When they were first called.
        public let at: Elapsed
    }

    public struct Acknowledgement: Hashable, Sendable {
        public let digest: StatementDigest
        public let device: DeviceID
        public let person: PersonHandle
        public let at: Elapsed
        /// It was a `resolved`.
        public let closes: Bool
        /// It was taken back.
        public internal(set) var isVoid = false
        /// The page was paged again since.
        public internal(set) var isSpent = false

        /// Whether it stops anything.
        public var holds: Bool { !isVoid && !isSpent }
    }

    public struct End: Hashable, Sendable {
        public let how: Ending
        public let at: Readings
    }

    public internal(set) var steps: [Step]
    /// Who was called, by person.
    public internal(set) var called: [Call] = []
    /// In the order of the log.
    public internal(set) var acknowledgements: [Acknowledgement] = []
    /// Whose client said that it was shown, in order.
    public internal(set) var read: [PersonHandle] = []
    /// Devices revoked or expired, in order.
    public internal(set) var out: [DeviceID] = []
    /// Called devices that cannot open their Welcome, in order: nothing was delivered to them [R14].
    public internal(set) var unreached: [DeviceID] = []
    /// Statements that were counted and are no acknowledgements, in order: a copy counts for nothing.
    public internal(set) var counted: [StatementDigest] = []
    /// From here the next step's delay counts.
    public internal(set) var base = Elapsed.zero
    /// The first acknowledgement ever.
    public internal(set) var firstAck: Elapsed?
    /// Since when somebody's acknowledgement holds: from here `page_again` counts.
    public internal(set) var ackSince: Elapsed?
    public internal(set) var ended: End?
    /// The next step is due, whatever was acknowledged.
    public internal(set) var push = false
    /// The sensor says that it is over.
    public internal(set) var over = false
    /// Unreleased Welcomes were destroyed, the group is wiped.
    public internal(set) var isGone = false
    /// It was paged again because one person alone had it.
    public internal(set) var alone = false
    /// How often somebody was rung.
    public internal(set) var rings: UInt32 = 0
    public internal(set) var lastRing = Elapsed.zero

    /// A page that was just made.
    public init(steps count: Int) { steps = [Step](repeating: .waits, count: max(0, count)) }
}

extension State {
    /// The persons whose acknowledgements hold.
    public var standing: Set<PersonHandle> { Set(acknowledgements.lazy.filter(\.holds).map(\.person)) }

    /// The persons who say that it is over. A taken-back `resolved` takes its voice back too.
    public var agreed: Set<PersonHandle> {
        Set(acknowledgements.lazy.filter { $0.closes && !$0.isVoid }.map(\.person))
    }

    /// The first step that was neither released nor skipped.
    public var nextStep: Int? { steps.firstIndex(of: .waits) }

    public func isCalled(_ person: PersonHandle) -> Bool {
        let index = called.lowerBound { $0.person < person }
        return index < called.count && called[index].person == person
    }
}

extension Array {
    /// Where something belongs in this array, which is in order: behind all that `precedes` says come before.
    func lowerBound(_ precedes: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if precedes(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Array where Element: Comparable {
    /// Whether this array, which is in order, has it.
    func has(_ element: Element) -> Bool {
        let index = lowerBound { $0 < element }
        return index < count && self[index] == element
    }

    /// Keeps this array in order and each element once.
    mutating func insertOnce(_ element: Element) {
        let index = lowerBound { $0 < element }
        guard index == count || self[index] != element else { return }
        insert(element, at: index)
    }
}
