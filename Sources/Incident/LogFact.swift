public import Terms

/// Something that happened in a room, as its reader verified it, in the order of the log.
public struct LogFact: Sendable, Hashable {
    public enum What: Sendable, Hashable {
        case event(Event)
        case acknowledged
        case unacknowledged
        /// By the relay's word only.
        case released(step: Int, manual: Bool)
    }

    public let seq: UInt64
    /// The relay's time.
    public let time: Timestamp
    /// Nil for the relay.
    public let author: DeviceID?
    public let what: What

    public init(seq: UInt64, time: Timestamp, author: DeviceID?, what: What) {
        self.seq = seq
        self.time = time
        self.author = author
        self.what = what
    }
}
