public import Escalation
public import Terms

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
        return page?.status ?? .open
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
        case .acknowledged, .unacknowledged: break
        case .released(let step, let manual):
            guard steps.indices.contains(step - 1), steps[step - 1].released == nil else { return }
            steps[step - 1].released = fact.time
            steps[step - 1].manual = manual
        }
        if let raised { page?.fold(fact, raised: raised) }
    }

    private mutating func apply(_ content: EventContent, of fact: LogFact) {
        switch content {
        case .page(let notice):
            guard self.notice == nil else { return }
            self.notice = notice
            author = fact.author
            raised = fact.time
            steps = notice.plan.map { Step(plan: $0) }
            if !steps.isEmpty { steps[0].released = fact.time }
            page = Page(notice, of: room)
        case .pageRepeat: repeats += 1
        case .resolve(let resolution):
            guard ending == nil else { return }
            ending = Ending(resolution: resolution, author: fact.author, time: fact.time)
        case .incident, .note, .file, .unknown: break
        }
    }

    private func time(_ elapsed: Elapsed) -> Timestamp {
        Timestamp(milliseconds: (Elapsed(milliseconds: raised?.milliseconds ?? 0) + elapsed).milliseconds)
    }
}
