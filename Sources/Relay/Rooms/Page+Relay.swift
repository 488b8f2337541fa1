import Escalation
import RelayAPI
import Terms

// What the relay's present wire says, in the words of Escalation. Of the timers' entries it has only the releases, and of
// the statements only `ack` and an `unack` that names nothing.

extension Page {
    /// Folds a statement, and lets the timers write what is due then. Who is not called has no say; whoever acknowledged
    /// already adds nothing.
    mutating func apply(_ statement: RelayAPI.Statement, payload: [UInt8], at readings: Readings) -> [TimerEntry] {
        guard let person = plan.person(of: statement.device) else { return [] }
        let held = state.acknowledgements.filter { $0.person == person && !$0.isVoid }
        let kind: PageStatement.Kind
        switch statement.kind {
        case .ack:
            guard !held.contains(where: { $0.device == statement.device }) else { return [] }
            kind = .ack
        // It takes back all that this person has said, on whichever device.
        case .unack: kind = .unack(held.map(\.digest))
        }
        let said = PageStatement(
            kind, digest: StatementDigest(of: payload), device: statement.device, room: statement.room)
        return apply(.statement(said), at: readings).entries
    }

    /// Releases the next step at once, whatever was acknowledged, and skips those that call nobody [R13].
    /// - Returns: nil where there is no further step.
    mutating func escalate(at readings: Readings) -> [TimerEntry]? {
        guard state.nextStep != nil else { return nil }
        var entries: [TimerEntry] = []
        while let step = state.nextStep {
            let persons = onCall(step, at: readings.most)
            let entry = persons.isEmpty ? TimerEntry.skipped(step: step) : .released(step: step, persons: persons)
            fold(.timer(entry), at: readings)
            entries.append(entry)
            if !persons.isEmpty { break }
        }
        return entries
    }

    /// Steps that were released or skipped: those that later commits' joiners may be of at once.
    var passedSteps: Int { state.nextStep ?? plan.steps.count }

    /// Whether a member may see the room: somebody whom the plan calls once it has called them, anybody else with the step
    /// that their Welcome is for.
    func hasCalled(_ device: DeviceID, memberOf step: Int) -> Bool {
        guard let person = plan.person(of: device) else { return step <= max(1, passedSteps) }
        return state.isCalled(person)
    }
}
