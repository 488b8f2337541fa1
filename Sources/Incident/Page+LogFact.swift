public import Escalation
public import Terms

// Today's log in the words of Escalation: a page's fold, entry by entry. Kept by who keeps a page's head, so that taking
// one entry in costs what the page's state is, not what its log is.

extension LogFact {
    /// Whether a page may stand otherwise after it. A storm of repeats moves none, nor does what a later program says.
    public var movesPage: Bool {
        switch what {
        case .event(let event):
            switch event.content {
            case .page, .resolve: true
            case .pageRepeat, .incident, .note, .file, .unknown: false
            }
        case .acknowledged, .unacknowledged, .released: true
        }
    }
}

extension Page {
    /// The page that a notice makes. Its first step is released with it.
    public init(_ notice: PageNotice, of room: RoomID) {
        self.init(Plan(room: room, steps: notice.plan, horizon: notice.horizon))
        if !plan.steps.isEmpty { release(0, at: .zero) }
    }

    public var status: PageState.Status {
        if state.ended != nil { return .resolved }
        return isAcknowledged ? .acknowledged : .open
    }

    /// Folds what the log says next.
    /// - Parameter raised: when the notice was accepted.
    public mutating func fold(_ fact: LogFact, raised: Timestamp) {
        let elapsed = Elapsed(
            milliseconds: fact.time > raised ? fact.time.milliseconds - raised.milliseconds : 0)
        switch fact.what {
        case .event(let event):
            guard case .resolve = event.content, state.ended == nil else { return }
            fold(.timer(.ended(.resolved)), at: Readings(elapsed))
        case .acknowledged: say(.ack, in: fact, at: elapsed)
        case .unacknowledged:
            // Today's word names nothing: it takes back all that this person has said.
            guard let person = fact.author.flatMap(plan.person) else { return }
            let theirs = state.acknowledgements.filter { $0.person == person && !$0.isVoid }
            say(.unack(theirs.map(\.digest)), in: fact, at: elapsed)
        case .released(let step, _):
            guard plan.steps.indices.contains(step - 1), state.steps[step - 1] == .waits else { return }
            release(step - 1, at: elapsed)
        }
    }

    private mutating func release(_ index: Int, at elapsed: Elapsed) {
        // The relay's entry does not name who was on call: all whom the step calls are.
        let persons = plan.persons(ofStep: index)
        let entry: TimerEntry = persons.isEmpty ? .skipped(step: index) : .released(step: index, persons: persons)
        fold(.timer(entry), at: Readings(elapsed))
    }

    private mutating func say(_ kind: PageStatement.Kind, in fact: LogFact, at elapsed: Elapsed) {
        guard let device = fact.author else { return }
        // A copy is dropped before it becomes a fact, so the place in the log is as good a name as any.
        let digest = StatementDigest(of: Array("\(fact.seq)".utf8))
        fold(.statement(PageStatement(kind, digest: digest, device: device, room: plan.room)), at: Readings(elapsed))
    }
}

extension Readings {
    /// The relay's time is all that today's entries carry: both readings are the same.
    fileprivate init(_ elapsed: Elapsed) { self.init(most: elapsed, least: elapsed) }
}
