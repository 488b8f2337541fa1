// The relay's timers: what they write, by the folded state and by both readings of time [R11, R18].

/// What came of an entry.
public struct Outcome: Hashable, Sendable {
    /// Why it counts for nothing; nil where it counts.
    public let refusal: Refusal?
    /// What the timers write behind it, in this order, with the same readings. Already folded.
    public let entries: [TimerEntry]
}

extension Page {
    /// Folds one entry, and lets the timers write all that is due then.
    public mutating func apply(_ entry: PageEntry, at readings: Readings) -> Outcome {
        let refusal = fold(entry, at: readings)
        return Outcome(refusal: refusal, entries: tick(at: readings))
    }

    /// Lets the timers write all that is due.
    /// - Returns: what they write, in this order. Already folded.
    public mutating func tick(at readings: Readings) -> [TimerEntry] {
        var entries: [TimerEntry] = []
        // Each step is skipped and released once, all else is written once: the bound is never met.
        let bound = 2 * plan.steps.count + 16
        while entries.count < bound, let entry = due(at: readings) {
            fold(.timer(entry), at: readings)
            entries.append(entry)
        }
        return entries
    }

    /// The next entry that the timers write by these readings, if any. A reader who finds that a relay has written
    /// another one, or too early, folds it all the same, and can prove it.
    public func due(at readings: Readings) -> TimerEntry? {
        if state.isGone { return nil }
        let (most, least) = (readings.most, readings.least)
        if let ended = state.ended {
            return least.isPast(Elapsed(seconds: UInt64(plan.keep)), since: ended.at.least) ? .gone : nil
        }
        let lost = state.acknowledgements.filter { !$0.isVoid && state.out.has($0.device) }
        if !lost.isEmpty { return .void(lost.map(\.digest)) }
        if let ending = ending(at: least) { return .ended(ending) }
        let isAcknowledged = isAcknowledged
        if isAcknowledged, plan.pageAgain > 0, let since = state.ackSince,
            most.isPast(Elapsed(seconds: UInt64(plan.pageAgain)), since: since)
        {
            return .again
        }
        if let watched, most.isPast(Elapsed(seconds: UInt64(plan.watch)), since: watched) { return .alone }
        if let step = state.nextStep, let due = nextStepDue, state.push || !isAcknowledged && most >= due {
            let persons = onCall(step, at: most)
            return persons.isEmpty ? .skipped(step: step) : .released(step: step, persons: persons)
        }
        if isAcknowledged { return nil }
        // A step that resolved to nobody is released as soon as somebody is on call for it [R13].
        for (step, state) in state.steps.enumerated() {
            guard case .skipped = state else { continue }
            let persons = onCall(step, at: most)
            if !persons.isEmpty { return .released(step: step, persons: persons) }
        }
        if plan.repeat > 0, !state.called.isEmpty,
            most.isPast(Elapsed(seconds: UInt64(plan.repeat)), since: state.lastRing)
        {
            return .rang
        }
        return nil
    }

    /// How the page ends now, if it does [R12].
    private func ending(at least: Elapsed) -> Ending? {
        if state.agreed.count >= Int(plan.close), isSatisfied { return .resolved }
        let standing = state.standing
        if state.over, standing.count >= Int(plan.close) { return .sensor }
        guard least >= Elapsed(seconds: UInt64(plan.horizon)) else { return nil }
        return standing.isEmpty ? .unseen : .horizon
    }

    /// Since when one person's word has to hold a page that two must close; nil where none does, or where it was said
    /// [R12].
    private var watched: Elapsed? {
        guard plan.close > 1, !state.alone, state.standing.count == 1 else { return nil }
        return state.firstAck
    }
}

// MARK: When next

/// When the timers have something to write, if nothing comes before: as soon as one of the readings has got there.
public struct Due: Hashable, Sendable {
    public let most: Elapsed?
    public let least: Elapsed?

    /// Milliseconds from `readings` on, if both go on alike; nil: never.
    public func wait(from readings: Readings) -> UInt64? {
        let waits = [most?.distance(from: readings.most), least?.distance(from: readings.least)]
        return waits.compactMap { $0?.milliseconds }.min()
    }
}

extension Page {
    /// When the timers have something to write next, if no other entry comes before. Nil: never again.
    ///
    /// After a restart, or where the relay's own time has stepped, ask anew with the readings of then.
    public func nextDue(after readings: Readings) -> Due? {
        if state.isGone { return nil }
        if let ended = state.ended {
            return Due(most: nil, least: ended.at.least + Elapsed(seconds: UInt64(plan.keep)))
        }
        if due(at: readings) != nil { return Due(most: readings.most, least: nil) }
        var times: [Elapsed] = []
        if let watched { times.append(watched + Elapsed(seconds: UInt64(plan.watch))) }
        if isAcknowledged {
            if plan.pageAgain > 0, let since = state.ackSince {
                times.append(since + Elapsed(seconds: UInt64(plan.pageAgain)))
            }
        } else {
            if let nextStepDue { times.append(nextStepDue) }
            if let shift = nextShift(after: readings.most) { times.append(shift) }
            if plan.repeat > 0, !state.called.isEmpty {
                times.append(state.lastRing + Elapsed(seconds: UInt64(plan.repeat)))
            }
        }
        return Due(most: times.min(), least: Elapsed(seconds: UInt64(plan.horizon)))
    }

    /// When a shift begins that has somebody for a skipped step.
    private func nextShift(after most: Elapsed) -> Elapsed? {
        var starts: [Elapsed] = []
        for (index, step) in state.steps.enumerated() {
            guard case .skipped = step else { continue }
            for (shift, roster) in zip(plan.steps[index].shifts, plan.rosters[index]) {
                let start = Elapsed(seconds: shift.from)
                guard start > most, shift.contains(start), roster.contains(where: isReachable) else { continue }
                starts.append(start)
            }
        }
        return starts.min()
    }

    /// The earliest most reading at which something that waits is due, whatever stops it now: what
    /// ``Readings/passing(monotonic:wall:waiting:)`` wants to know [R18].
    public var waiting: Elapsed? {
        var times: [Elapsed] = []
        if let nextStepDue { times.append(nextStepDue) }
        if plan.repeat > 0 { times.append(state.lastRing + Elapsed(seconds: UInt64(plan.repeat))) }
        if plan.pageAgain > 0, let since = state.ackSince {
            times.append(since + Elapsed(seconds: UInt64(plan.pageAgain)))
        }
        if plan.close > 1, !state.alone, let first = state.firstAck {
            times.append(first + Elapsed(seconds: UInt64(plan.watch)))
        }
        return times.min()
    }
}
