import Terms

// The fold: one entry of the log, with the readings that the relay wrote into it. Nothing else moves a page.

extension Page {
    /// Folds one entry of the log.
    /// - Returns: why it counts for nothing; nil where it counts.
    @discardableResult
    public mutating func fold(_ entry: PageEntry, at readings: Readings) -> Refusal? {
        switch entry {
        case .statement(let statement):
            if let refusal = refusal(of: statement) { return refusal }
            if statement.device == plan.sensor {
                foldSensor(statement, at: readings)
            } else if let person = plan.person(of: statement.device) {
                fold(statement, of: person, at: readings)
            }
            return nil
        case .out(let device):
            state.out.insertOnce(device)
            return nil
        case .unreached(let device):
            guard let person = plan.person(of: device), state.isCalled(person) else { return .notCalled }
            if state.isGone { return .gone }
            if state.unreached.has(device) { return .countedBefore }
            state.unreached.insertOnce(device)
            return nil
        case .timer(let entry):
            guard isOfThePlan(entry) else { return .notOfThePlan }
            fold(entry, at: readings)
            return nil
        }
    }

    /// Why a statement counts for nothing, or nil. Relay and readers use the same test [R11].
    public func refusal(of statement: PageStatement) -> Refusal? {
        if statement.room != plan.room { return .anotherRoom }
        if state.out.has(statement.device) { return .deviceIsOut }
        if statement.device == plan.sensor {
            guard statement.kind == .resolved || statement.kind == .fired else { return .personsWord }
            return state.counted.has(statement.digest) ? .countedBefore : nil
        }
        guard let person = plan.person(of: statement.device), state.isCalled(person) else { return .notCalled }
        if statement.kind == .fired { return .sensorsWord }
        if state.isGone { return .gone }
        if statement.kind == .reopen {
            guard let how = state.ended?.how, how == .resolved || how == .sensor else { return .nothingToReopen }
            return state.counted.has(statement.digest) ? .countedBefore : nil
        }
        if state.ended != nil, statement.kind != .read { return .ended }
        switch statement.kind {
        case .ack, .resolved:
            let isKnown = state.acknowledgements.contains { $0.digest == statement.digest }
            return isKnown ? .countedBefore : nil
        case .unack(let digests):
            let named = Set(digests)
            let voids = state.acknowledgements.contains { !$0.isVoid && named.contains($0.digest) }
            return voids ? nil : .voidsNothing
        case .escalate: return state.counted.has(statement.digest) ? .countedBefore : nil
        case .read, .reopen, .fired: return nil
        }
    }

    private mutating func foldSensor(_ statement: PageStatement, at readings: Readings) {
        state.counted.insertOnce(statement.digest)
        if statement.kind == .resolved {
            state.over = true
            return
        }
        if let ended = state.ended {
            // Else it is a new page. "Within" is by the most reading; where room time stepped back it is so at once.
            let limit = ended.at.most + Elapsed(seconds: UInt64(plan.flap))
            guard ended.how == .sensor, !state.isGone, readings.most <= limit else { return }
            state.ended = nil
        }
        state.over = false
    }

    private mutating func fold(_ statement: PageStatement, of person: PersonHandle, at readings: Readings) {
        switch statement.kind {
        case .read: state.read.insertOnce(person)
        case .ack, .resolved:
            state.acknowledgements.append(
                State.Acknowledgement(
                    digest: statement.digest, device: statement.device, person: person, at: readings.most,
                    closes: statement.kind == .resolved))
            state.firstAck = state.firstAck ?? readings.most
            state.ackSince = state.ackSince ?? readings.most
        case .unack(let digests): void(digests)
        case .reopen:
            state.counted.insertOnce(statement.digest)
            state.ended = nil
            state.over = false
            void { $0.closes }
        case .escalate:
            state.counted.insertOnce(statement.digest)
            // After the last step there is nothing to release.
            state.push = state.nextStep != nil
        case .fired: break
        }
    }

    private mutating func void(_ digests: [StatementDigest]) {
        let named = Set(digests)
        void { named.contains($0.digest) }
    }

    private mutating func void(_ isMeant: (State.Acknowledgement) -> Bool) {
        for index in state.acknowledgements.indices where isMeant(state.acknowledgements[index]) {
            state.acknowledgements[index].isVoid = true
        }
        if state.standing.isEmpty { state.ackSince = nil }
    }

    // MARK: The timers' entries

    private func isOfThePlan(_ entry: TimerEntry) -> Bool {
        switch entry {
        case .released(let step, let persons):
            state.steps.indices.contains(step) && !persons.isEmpty
                && persons.allSatisfy { Int($0.index) < plan.persons.count }
        case .skipped(let step): state.steps.indices.contains(step)
        case .rang, .again, .alone, .void, .ended, .gone: true
        }
    }

    private mutating func fold(_ entry: TimerEntry, at readings: Readings) {
        let most = readings.most
        switch entry {
        case .released(let step, let persons):
            var isLate = false
            if case .skipped = state.steps[step] { isLate = true }
            let persons = Set(persons).sorted()
            for person in persons where !state.isCalled(person) {
                let index = state.called.lowerBound { $0.person < person }
                state.called.insert(State.Call(person: person, at: most), at: index)
            }
            state.steps[step] = .released(at: most, persons: persons)
            ring(at: most)
            // Released after all: the steps behind it keep their time.
            guard !isLate else { return }
            state.base = most
            state.push = false
        case .skipped(let step):
            state.steps[step] = .skipped(at: most)
            state.base = most
        case .rang: ring(at: most)
        case .again:
            // As at first: what was acknowledged counts no more, and the next step has its whole delay.
            for index in state.acknowledgements.indices { state.acknowledgements[index].isSpent = true }
            state.ackSince = nil
            state.base = most
            ring(at: most)
        case .alone:
            state.alone = true
            ring(at: most)
        case .void(let digests): void(digests)
        case .ended(let how):
            state.ended = State.End(how: how, at: readings)
            state.push = false
        case .gone: state.isGone = true
        }
    }

    private mutating func ring(at most: Elapsed) {
        if state.rings < .max { state.rings += 1 }
        state.lastRing = most
    }
}
