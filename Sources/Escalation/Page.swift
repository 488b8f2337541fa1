import Terms

/// A page: its plan, and what its log has folded to so far.
///
/// It has two faces. Readers, and a relay for what others post, ``fold(_:at:)`` one entry of the log at a time. A relay
/// also asks the timers what they want to write: ``due(at:)`` for the next entry, or ``apply(_:at:)`` and
/// ``tick(at:)``, which fold and give all of them. Nothing here reads a clock: the readings come in, and travel in the
/// log.
public struct Page: Hashable, Sendable {
    public let plan: Plan
    public internal(set) var state: State

    /// A page that was just made. Its timers have something to write at once: see ``tick(at:)``.
    public init(_ plan: Plan) {
        self.plan = plan
        state = State(steps: plan.steps.count)
    }

    /// A page whose state was stored. Nil where that is no state of this plan.
    public init?(_ plan: Plan, state: State) {
        let persons = UInt32(clamping: plan.persons.count)
        func isKnown(_ person: PersonHandle) -> Bool { person.index < persons }
        let areKnown = state.steps.allSatisfy { step in
            guard case .released(_, let persons) = step else { return true }
            return !persons.isEmpty && persons.allSatisfy(isKnown)
        }
        guard state.steps.count == plan.steps.count, areKnown, state.called.allSatisfy({ isKnown($0.person) }),
            state.acknowledgements.allSatisfy({ plan.person(of: $0.device) == $0.person }),
            state.read.allSatisfy(isKnown), state.unreached.allSatisfy({ plan.person(of: $0) != nil })
        else { return nil }
        self.plan = plan
        self.state = state
    }
}

// MARK: How it stands

extension Page {
    /// Whether some released step has the acknowledgements that it needs: any released step's count, not only the last
    /// one's.
    var isSatisfied: Bool {
        let standing = state.standing
        guard !standing.isEmpty else { return false }
        return zip(plan.steps, state.steps).contains { step, state in
            guard case .released(_, let persons) = state else { return false }
            // Never on nobody's word.
            let need = step.need == 0 ? max(1, persons.count) : Int(step.need)
            return persons.count(where: standing.contains) >= need
        }
    }

    /// Whether the timers stand still: some step has the acknowledgements that it needs, and it is not one person alone
    /// who has held a page for too long that two must close [R11, R12].
    public var isAcknowledged: Bool { isSatisfied && !(state.alone && state.standing.count < 2) }

    /// Who of a step is on call at a time: on shift, with at least one device that is listed and in time [R13, R14].
    public func onCall(_ step: Int, at most: Elapsed) -> [PersonHandle] {
        guard plan.steps.indices.contains(step) else { return [] }
        var persons: Set<PersonHandle> = []
        for (shift, roster) in zip(plan.steps[step].shifts, plan.rosters[step])
        where shift.contains(most) { persons.formUnion(roster.filter(isReachable)) }
        return persons.sorted()
    }

    func isReachable(_ person: PersonHandle) -> Bool { plan.devices(of: person).contains { !state.out.has($0) } }

    /// Whether somebody who was called can have seen it: all of their devices but those that are off the call list have said that
    /// they cannot open it [R14]. Who has no device on it any more is waited for as before, since they were reached.
    private func mayAnswer(_ person: PersonHandle) -> Bool {
        let devices = plan.devices(of: person)
        return !devices.contains(where: state.unreached.has)
            || devices.contains { !state.unreached.has($0) && !state.out.has($0) }
    }

    /// When the next step is due if nothing stops it; nil after the last.
    public var nextStepDue: Elapsed? {
        guard let step = state.nextStep else { return nil }
        if step == 0 { return state.base }
        // Those whom a skipped step would have called are given no time to answer: there are none. Nor are those of whom none
        // was reached [R14].
        switch state.steps[step - 1] {
        case .skipped: return state.base
        case .released(_, let persons) where !persons.contains(where: mayAnswer): return state.base
        case .released, .waits: break
        }
        return state.base + Elapsed(seconds: UInt64(plan.steps[step].delay))
    }

    /// Whom an entry of the timers calls or rings again. Voiding, skipping and ending ring nobody.
    public func rung(by entry: TimerEntry) -> [PersonHandle] {
        switch entry {
        case .released(_, let persons): persons
        case .rang, .again, .alone: state.called.map(\.person)
        case .skipped, .void, .ended, .gone: []
        }
    }
}

extension Shift {
    func contains(_ most: Elapsed) -> Bool {
        Elapsed(seconds: from) <= most && until.map { most < Elapsed(seconds: $0) } ?? true
    }
}
