public import Escalation
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

/// A page's present state: a deterministic fold over its room's log. Who has it, and whether it is acknowledged, is what
/// ``Escalation/Page`` makes of the same log: readers have no rule of their own [R11].
public struct PageState: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, Codable { case open, acknowledged, resolved }

    public struct Step: Sendable, Hashable {
        public let plan: Escalation.Step
        /// When the relay released it; for the first step, when the notice was accepted. Nil: not released.
        public fileprivate(set) var released: Timestamp?
        public fileprivate(set) var manual = false
    }

    public struct Acknowledgement: Sendable, Hashable {
        public let device: DeviceID
        public let time: Timestamp
    }

    public struct Ending: Sendable, Hashable {
        public let resolution: Resolution
        public let author: DeviceID?
        public let time: Timestamp
    }

    /// The room that statements name.
    public let room: RoomID
    public private(set) var notice: PageNotice?
    public private(set) var author: DeviceID?
    public private(set) var raised: Timestamp?
    public private(set) var steps: [Step] = []
    public private(set) var repeats = 0
    public private(set) var ending: Ending?
    /// Nil before the notice: until then nobody is called.
    private var page: Page?

    public init(_ facts: some Sequence<LogFact>, of room: RoomID) {
        self.room = room
        for fact in facts { apply(fact) }
    }

    public var status: Status {
        if ending != nil { return .resolved }
        return page?.isAcknowledged ?? false ? .acknowledged : .open
    }

    /// In force now, each device's first: a later `unack` of the same person takes theirs away.
    public var acknowledgements: [Acknowledgement] {
        var seen: Set<DeviceID> = []
        return page?.state.acknowledgements.filter { $0.holds && seen.insert($0.device).inserted }.map {
            Acknowledgement(device: $0.device, time: time($0.at))
        } ?? []
    }

    /// The persons of released steps who have not acknowledged, each by their devices: called, and no answer.
    public func unanswered(inStep index: Int) -> [[DeviceID]] {
        guard steps.indices.contains(index), steps[index].released != nil, let page else { return [] }
        let standing = page.state.standing
        return steps[index].plan.persons.filter { devices in
            guard let person = devices.first.flatMap(page.plan.person) else { return true }
            return !standing.contains(person)
        }
    }

    private mutating func apply(_ fact: LogFact) {
        switch fact.what {
        case .event(let event): apply(event.content, of: fact)
        case .acknowledged: say(.ack, in: fact)
        case .unacknowledged:
            // Today's word names nothing: it takes back all that this person has said.
            guard let page, let person = fact.author.flatMap(page.plan.person) else { return }
            let theirs = page.state.acknowledgements.filter { $0.person == person && !$0.isVoid }
            say(.unack(theirs.map(\.digest)), in: fact)
        case .released(let step, let manual):
            guard steps.indices.contains(step - 1), steps[step - 1].released == nil else { return }
            release(step - 1, at: fact.time, manual: manual)
        }
    }

    private mutating func apply(_ content: EventContent, of fact: LogFact) {
        switch content {
        case .page(let notice):
            guard self.notice == nil else { return }
            self.notice = notice
            author = fact.author
            raised = fact.time
            steps = notice.plan.map { Step(plan: $0) }
            page = Page(Plan(room: room, steps: notice.plan, horizon: notice.horizon))
            if !steps.isEmpty { release(0, at: fact.time, manual: false) }
        case .pageRepeat: repeats += 1
        case .resolve(let resolution):
            guard ending == nil else { return }
            ending = Ending(resolution: resolution, author: fact.author, time: fact.time)
            fold(.timer(.ended(.resolved)), at: fact.time)
        case .incident, .note, .file, .unknown: break
        }
    }

    // MARK: Today's log in the words of Escalation

    private mutating func release(_ index: Int, at time: Timestamp, manual: Bool) {
        steps[index].released = time
        steps[index].manual = manual
        // The relay's entry does not name who was on call: all whom the step calls are.
        let persons = page?.plan.persons(ofStep: index) ?? []
        let entry: TimerEntry = persons.isEmpty ? .skipped(step: index) : .released(step: index, persons: persons)
        fold(.timer(entry), at: time)
    }

    private mutating func say(_ kind: PageStatement.Kind, in fact: LogFact) {
        guard let device = fact.author else { return }
        // A copy is dropped before it becomes a fact, so the place in the log is as good a name as any.
        let digest = StatementDigest(of: Array("\(fact.seq)".utf8))
        let statement = PageStatement(kind, digest: digest, device: device, room: room)
        fold(.statement(statement), at: fact.time)
    }

    private mutating func fold(_ entry: PageEntry, at time: Timestamp) {
        // The relay's time is all that today's entries carry: both readings are the same.
        let made = raised?.milliseconds ?? 0
        let elapsed = Elapsed(milliseconds: time.milliseconds > made ? time.milliseconds - made : 0)
        page?.fold(entry, at: Readings(most: elapsed, least: elapsed))
    }

    private func time(_ elapsed: Elapsed) -> Timestamp {
        Timestamp(milliseconds: (Elapsed(milliseconds: raised?.milliseconds ?? 0) + elapsed).milliseconds)
    }
}
