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

/// A page's present state: a deterministic fold over its room's log.
public struct PageState: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, Codable { case open, acknowledged, resolved }

    public struct Step: Sendable, Hashable {
        public let plan: PageNotice.Step
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

    public private(set) var notice: PageNotice?
    public private(set) var author: DeviceID?
    public private(set) var raised: Timestamp?
    public private(set) var steps: [Step] = []
    /// In force now: a later `unack` of the same person takes theirs away.
    public private(set) var acknowledgements: [Acknowledgement] = []
    public private(set) var repeats = 0
    public private(set) var ending: Ending?

    public init(_ facts: some Sequence<LogFact>) {
        for fact in facts { apply(fact) }
    }

    public var status: Status {
        if ending != nil { return .resolved }
        return isAcknowledged ? .acknowledged : .open
    }

    /// Whether, for some released step, as many of its persons acknowledged as it needs: the rule by which the relay
    /// stops the timers [R11].
    private var isAcknowledged: Bool {
        let devices = Set(acknowledgements.map(\.device))
        return steps.contains { step in
            guard step.released != nil, !step.plan.persons.isEmpty else { return false }
            let persons = step.plan.persons.count { !devices.isDisjoint(with: $0) }
            // Never on nobody's word, even where a plan that was not validated asks for none.
            return persons >= max(1, Int(step.plan.need))
        }
    }

    /// The persons of released steps who have not acknowledged, each by their devices: called, and no answer.
    public func unanswered(inStep index: Int) -> [[DeviceID]] {
        guard steps.indices.contains(index), steps[index].released != nil else { return [] }
        let devices = Set(acknowledgements.map(\.device))
        return steps[index].plan.persons.filter { devices.isDisjoint(with: $0) }
    }

    private mutating func apply(_ fact: LogFact) {
        switch fact.what {
        case .event(let event): apply(event.content, of: fact)
        case .acknowledged:
            guard let device = fact.author, !acknowledgements.contains(where: { $0.device == device }) else { return }
            acknowledgements.append(Acknowledgement(device: device, time: fact.time))
        case .unacknowledged:
            guard let device = fact.author else { return }
            let person = person(of: device)
            acknowledgements.removeAll { person.contains($0.device) }
        case .released(let step, let manual):
            guard steps.indices.contains(step - 1), steps[step - 1].released == nil else { return }
            steps[step - 1].released = fact.time
            steps[step - 1].manual = manual
        }
    }

    private mutating func apply(_ content: EventContent, of fact: LogFact) {
        switch content {
        case .page(let page):
            guard notice == nil else { return }
            notice = page
            author = fact.author
            raised = fact.time
            steps = page.plan.map { Step(plan: $0) }
            if !steps.isEmpty { steps[0].released = fact.time }
        case .pageRepeat: repeats += 1
        case .resolve(let resolution):
            guard ending == nil else { return }
            ending = Ending(resolution: resolution, author: fact.author, time: fact.time)
        case .incident, .note, .file, .unknown: break
        }
    }

    /// All devices that the plan says are one person's with `device`; at least itself.
    private func person(of device: DeviceID) -> Set<DeviceID> {
        for step in steps {
            for person in step.plan.persons where person.contains(device) { return Set(person) }
        }
        return [device]
    }
}
