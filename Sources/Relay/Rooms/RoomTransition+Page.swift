import CallList
import Escalation
import RelayAPI
import Terms
import WireFormat

/// The escalation that the relay cannot read: steps of pseudonyms, released by durable timers (DESIGN "The page"). What
/// follows from what is Escalation's; here it becomes entries, calls and a room's end.
extension RoomTransition {
    /// Since the room's creation, by the room's time, which never runs backwards. Both readings of [R18] are the wall clock's:
    /// ticks of a clock that does not step are not kept yet, so a clock that was ahead delays what comes after.
    private var readings: Readings {
        let elapsed = Elapsed(
            milliseconds: time > room.created ? time.milliseconds - room.created.milliseconds : 0)
        return Readings(most: elapsed, least: elapsed)
    }

    // MARK: What moves it

    /// Lets the timers do all that is due.
    mutating func tick() {
        guard !room.isClosed, var page = room.page else { return }
        let entries = page.tick(at: readings)
        carryOut(entries, of: page)
    }

    mutating func fold(_ statement: RelayAPI.Statement, payload: [UInt8]) {
        guard var page = room.page else { return }
        let entries = page.apply(statement, payload: payload, at: readings)
        carryOut(entries, of: page)
    }

    /// Releases the next step at once [R13].
    /// - Throws: `notMember`, `roomClosed`, `statementRefused`, `stepNotAvailable`.
    mutating func escalate(by device: Device) throws(Problem) {
        try checkMember(device.id)
        guard !room.isClosed else { throw .roomClosed }
        guard device.kind == .person else { throw .statementRefused("a sensor cannot escalate") }
        guard var page = room.page, let released = page.escalate(at: readings) else { throw .stepNotAvailable }
        carryOut(released, of: page, manual: true)
        tick()
        tell(.timers)
    }

    // MARK: What comes of it

    /// Keeps the page as it is now, and does what its timers wrote.
    private mutating func carryOut(_ entries: [TimerEntry], of page: Page, manual: Bool = false) {
        room.page = page
        for entry in entries {
            switch entry {
            case .released(let step, let persons):
                release(step: step, calling: Set(persons.flatMap(page.plan.devices)), of: page, manual: manual)
            case .skipped(let step): release(step: step, calling: [], of: page, manual: manual)
            case .ended: close()
            // The plans of today's rooms ask for none of these.
            case .rang, .again, .alone, .void, .gone: break
            }
        }
        guard !room.isClosed else { return }
        let wait = page.nextDue(after: readings)?.wait(from: readings)
        change(
            .page(
                page,
                due: wait.map {
                    let due = Elapsed(milliseconds: now.milliseconds) + Elapsed(milliseconds: $0)
                    return Timestamp(milliseconds: due.milliseconds)
                }))
    }

    /// Hands out the Welcomes of who is called now, and of the step's members whom no step calls; the log says so. The first
    /// step has no entry: it is released with the page.
    private mutating func release(step: Int, calling called: Set<DeviceID>, of page: Page, manual: Bool) {
        room.releasedSteps = max(room.releasedSteps, step + 1)
        let released = room.withheld.filter { member in
            called.contains(member.device)
                || page.plan.person(of: member.device) == nil && member.step <= room.releasedSteps
        }.map(\.device)
        if !released.isEmpty {
            let gone = Set(released)
            room.withheld.removeAll { gone.contains($0.device) }
            for device in released { room.named[device]?.released = true }
            room.audience += released
            change(.call(released))
        }
        if step > 0 {
            let payload = StepRelease(step: UInt8(clamping: step + 1), manual: manual).encoded
            tell(.entry(room.room, append(.release, payload: payload, poster: .relay), to: room.audience))
        }
        tell(.heads(to: released))
    }
}
