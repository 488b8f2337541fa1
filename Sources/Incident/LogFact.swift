public import Escalation
public import Terms

/// What is said or done about who leads an incident room, where no lead is left [R6].
public enum LeadWord: Codable, Sendable, Hashable {
    /// A device's signed word that none of the leads has written for 12 hours.
    case noLead
    /// Its author took the lead.
    case taken
    /// One who took the lead wants these devices out: another who took it can do it by that.
    case removal([DeviceID])
}

/// Something that happened in a room, as its reader verified it, in the order of the log.
public struct LogFact: Sendable, Hashable {
    public enum What: Sendable, Hashable {
        case event(Event)
        /// What a device has signed, and counts under the rules of the page [R11]; by the relay's readings of time.
        case statement(PageStatement, Readings)
        /// What the relay's timers did: by its word only.
        case timer(TimerEntry, Readings)
        /// About who leads the room, where no lead is left [R6].
        case lead(LeadWord)
        /// Its author's device cannot use the Welcome of the commit of that number: it was not reached [R14].
        case welcomeFailed(commit: UInt64)
    }

    public let seq: UInt64
    /// The relay's time.
    public let time: Timestamp
    /// Nil for the relay.
    public let author: DeviceID?
    public let what: What

    /// Whether somebody may not know it yet who was shown all before it. That a page called its first step is in its notice.
    public var isNews: Bool {
        if case .timer(.released(step: 0, _), _) = what { false } else { true }
    }

    /// Whether its author's device has the room, and not only the relay.
    public var showsReceipt: Bool {
        if case .welcomeFailed = what { false } else { author != nil }
    }

    public init(seq: UInt64, time: Timestamp, author: DeviceID?, what: What) {
        self.seq = seq
        self.time = time
        self.author = author
        self.what = what
    }
}
