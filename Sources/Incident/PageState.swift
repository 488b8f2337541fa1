public import Escalation
public import Terms

/// A page's present state: a deterministic fold over its room's log. Who has it, and whether it is acknowledged or over, is
/// what ``Escalation/Page`` makes of the same log: readers have no rule of their own [R11].
public struct PageState: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, Codable {
        case open, acknowledged
        /// Somebody said that it is over, and as many as must agree have not [R12].
        case notSeconded = "not seconded"
        /// As many persons agreed as must, or the sensor said so and people had it.
        case resolved
        /// Its time was over, and somebody had it.
        case over
        /// Its time was over, and nobody had it.
        case unseen

        public var isOver: Bool {
            switch self {
            case .open, .acknowledged, .notSeconded: false
            case .resolved, .over, .unseen: true
            }
        }
    }

    public struct Step: Sendable, Hashable {
        public let plan: Escalation.Step
        /// When the relay released it. Nil: not released.
        public let released: Timestamp?
        /// Nobody was on call for it: passed over.
        public let isSkipped: Bool
    }

    public struct Acknowledgement: Sendable, Hashable {
        public let device: DeviceID
        public let time: Timestamp
        /// It was said together with: it is over.
        public let closes: Bool
    }

    /// What came of it, as somebody wrote it.
    public struct Note: Sendable, Hashable {
        public let resolution: Resolution
        public let author: DeviceID?
        public let time: Timestamp
    }

    public struct End: Sendable, Hashable {
        public let how: Ending
        public let time: Timestamp
    }

    /// The room that statements name.
    public let room: RoomID
    public private(set) var notice: PageNotice?
    public private(set) var author: DeviceID?
    public private(set) var raised: Timestamp?
    public private(set) var repeats = 0
    public private(set) var notes: [Note] = []
    /// Nil before the notice: until then nobody is called.
    public private(set) var page: Page?

    public init(_ facts: some Sequence<LogFact>, of room: RoomID) {
        self.room = room
        for fact in facts { apply(fact) }
    }

    public var status: Status { page?.status ?? .open }

    public var steps: [Step] {
        guard let page else { return [] }
        return zip(page.plan.steps, page.state.steps).map { plan, state in
            switch state {
            case .waits: Step(plan: plan, released: nil, isSkipped: false)
            case .released(let at, _): Step(plan: plan, released: time(at), isSkipped: false)
            case .skipped: Step(plan: plan, released: nil, isSkipped: true)
            }
        }
    }

    /// In force now, each device's first.
    public var acknowledgements: [Acknowledgement] {
        var seen: Set<DeviceID> = []
        return page?.state.acknowledgements.filter { $0.holds && seen.insert($0.device).inserted }.map {
            Acknowledgement(device: $0.device, time: time($0.at), closes: $0.closes)
        } ?? []
    }

    /// Who says that it is over, each by the device that said it; also of acknowledgements that count no more.
    public var agreed: [DeviceID] {
        var persons: Set<PersonHandle> = []
        return page?.state.acknowledgements.filter {
            $0.closes && !$0.isVoid && persons.insert($0.person).inserted
        }.map(\.device) ?? []
    }

    /// Called devices that cannot open their Welcome: nothing was delivered to them, whatever the relay accepted [R14].
    public var notDelivered: [DeviceID] { page?.state.unreached ?? [] }

    /// How it ended, if it has.
    public var end: End? { page?.state.ended.map { End(how: $0.how, time: time($0.at.most)) } }

    /// The persons of released steps who have not acknowledged, each by their devices: called, and no answer.
    public func unanswered(inStep index: Int) -> [[DeviceID]] {
        let steps = steps
        guard steps.indices.contains(index), steps[index].released != nil, let page else { return [] }
        let standing = page.state.standing
        return steps[index].plan.persons.filter { devices in
            guard let person = devices.first.flatMap(page.plan.person) else { return true }
            return !standing.contains(person)
        }
    }

    private mutating func apply(_ fact: LogFact) {
        page?.fold(fact)
        guard case .event(let event) = fact.what else { return }
        switch event.content {
        case .page(let notice):
            guard self.notice == nil else { return }
            self.notice = notice
            author = fact.author
            raised = fact.time
            page = Page(notice, of: room, author: fact.author)
        case .pageRepeat: repeats += 1
        case .resolve(let resolution):
            notes.append(Note(resolution: resolution, author: fact.author, time: fact.time))
        case .incident, .note, .file, .unknown: break
        }
    }

    private func time(_ elapsed: Elapsed) -> Timestamp {
        Timestamp(milliseconds: (Elapsed(milliseconds: raised?.milliseconds ?? 0) + elapsed).milliseconds)
    }
}

extension Page {
    public var status: PageState.Status {
        switch state.ended?.how {
        case .resolved, .sensor: return .resolved
        case .horizon: return .over
        case .unseen: return .unseen
        case nil: break
        }
        guard isAcknowledged else { return .open }
        return (1..<max(1, Int(plan.close))).contains(state.agreed.count) ? .notSeconded : .acknowledged
    }
}
