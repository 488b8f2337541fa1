public import Terms

/// An incident room's present state: a deterministic fold over its log.
public struct IncidentState: Sendable, Hashable {
    public struct Attachment: Sendable, Hashable {
        public let seq: UInt64
        public let author: DeviceID?
        public let file: FileContent
    }

    public private(set) var opening: IncidentOpening?
    public private(set) var opened: Timestamp?
    public private(set) var openedBy: DeviceID?
    public private(set) var notes = 0
    /// In the order of the log; two may bear the same name.
    public private(set) var files: [Attachment] = []
    public private(set) var lastActivity: Timestamp?

    public init(_ facts: some Sequence<LogFact>) {
        for fact in facts { apply(fact) }
    }

    private mutating func apply(_ fact: LogFact) {
        guard case .event(let event) = fact.what else { return }
        lastActivity = fact.time
        switch event.content {
        case .incident(let opening):
            guard self.opening == nil else { return }
            self.opening = opening
            opened = fact.time
            openedBy = fact.author
        case .note: notes += 1
        case .file(let file): files.append(Attachment(seq: fact.seq, author: fact.author, file: file))
        case .page, .pageRepeat, .resolve, .unknown: break
        }
    }
}
