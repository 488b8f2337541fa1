import CallList
import Escalation
import RelayAPI
import Terms
import WireFormat

/// The escalation that the relay cannot read: steps of pseudonyms, released by durable timers (DESIGN "The page"). What
/// follows from what is Escalation's; here it becomes entries, calls and a room's end.
extension RoomTransition {
    /// Since the room's creation [R18].
    private var readings: Readings {
        let passed = now.passed.since(room.created)
        return Readings(most: passed.most + room.ahead, least: passed.least)
    }

    // MARK: What moves it

    /// Lets the timers do all that is due.
    mutating func tick(under list: CallList) {
        guard !room.isClosed, var page = room.page else { return }
        page.foldLost(under: list, at: now, readings: readings)
        let entries = page.tick(at: readings)
        carryOut(entries, of: page, list: list)
    }

    /// A statement, by whoever is in the room: the signature of the device that it names counts, not its bearer [R11].
    /// - Throws: `statementRefused`, `roomClosed`; then nothing is taken.
    mutating func state(_ post: EntryPost, by bearer: Device, list: CallList) throws(Problem) -> Accepted {
        guard room.kind == .page else { throw .statementRefused("only pages are acknowledged") }
        guard var page = room.page else { throw .roomClosed }
        let statement = try Self.verified(post, list: list)
        guard statement.statement.device != bearer.id || statement.statement.event == post.event else {
            throw .statementRefused("it is another than its event says")
        }
        guard statement.statement.seen.seq <= room.log.seq else {
            throw .statementRefused("it claims to have seen what is not there yet")
        }
        page.foldLost(under: list, at: now, readings: readings)
        guard statement.statement.kind != .escalate || page.state.nextStep != nil else { throw .stepNotAvailable }
        let outcome = page.apply(.statement(statement.pageStatement), at: readings)
        if let refusal = outcome.refusal { throw refusal.problem }
        // It would be taken and bring nobody: its sensor makes a page of its own [R12].
        guard statement.statement.kind != .fired || page.state.ended == nil else { throw .roomClosed }
        let stamped = StampedStatement(readings: readings, envelope: post.payload)
        let entry = append(.statement, payload: stamped.encoded, poster: bearer.id)
        tell(.entry(room.room, entry, to: room.audience))
        carryOut(outcome.entries, of: page, list: list)
        tell(.timers)
        return Accepted(entry)
    }

    /// A called device was not reached: where nobody of a step was, the next one comes at once.
    mutating func unreach(_ device: DeviceID, list: CallList) {
        guard var page = room.page else { return }
        page.foldLost(under: list, at: now, readings: readings)
        let outcome = page.apply(.unreached(device), at: readings)
        // Somebody whom no step calls moves nothing.
        carryOut(outcome.entries, of: page, list: list)
        tell(.timers)
    }

    private static func verified(_ post: EntryPost, list: CallList) throws(Problem) -> VerifiedStatement {
        do {
            let unverified = try UnverifiedStatement(decoding: post.payload)
            guard let author = list.device(unverified.claimedDevice) else {
                throw Problem.statementRefused("its device is not on the call list")
            }
            return try unverified.verify(by: author.mlsKey)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .statementRefused("its signature does not verify")
        }
    }

    // MARK: What comes of it

    /// Keeps the page as it is now, and does what its timers wrote.
    private mutating func carryOut(_ entries: [TimerEntry], of page: Page, list: CallList) {
        room.page = page
        room.hasEnded = page.state.ended != nil
        for entry in entries {
            if case .released(let step, let persons) = entry {
                call(Set(persons.flatMap(page.plan.devices)), step: step, of: page)
            }
            if case .skipped(let step) = entry { call([], step: step, of: page) }
            write(entry)
            if case .gone = entry { close() }
        }
        guard !room.isClosed else { return }
        change(.page(page, due: nextDue(of: page, list: list)))
    }

    /// The relay's signed word in the log [R11].
    private mutating func write(_ entry: TimerEntry) {
        let signed = SignedTimerEntry(entry, at: readings, room: room.room, seq: room.log.seq + 1, by: identity)
        tell(.entry(room.room, append(.timer, payload: signed.encoded, poster: .relay), to: room.audience))
    }

    /// By the most reading of the relay's time: what goes by the least is not due before.
    private func nextDue(of page: Page, list: CallList) -> Elapsed? {
        let expiry = page.state.ended == nil ? page.nextExpiry(under: list) : nil
        let untilExpiry = expiry.map { $0 > now.earliest ? $0.milliseconds - now.earliest.milliseconds : 0 }
        let wait = [page.nextDue(after: readings)?.wait(from: readings), untilExpiry].compactMap { $0 }.min()
        return wait.map { now.passed.most + Elapsed(milliseconds: $0) }
    }

    /// Nothing is known of how long the relay was down: what waits is due [R18].
    mutating func wakeWhatWaits(under list: CallList) {
        guard let waiting = room.page?.waiting, waiting > readings.most else { return tick(under: list) }
        room.ahead = room.ahead + Elapsed(milliseconds: waiting.milliseconds - readings.most.milliseconds)
        tick(under: list)
    }

    /// Hands out the Welcomes of who is called now, and of the step's members whom no step calls.
    private mutating func call(_ called: Set<DeviceID>, step: Int, of page: Page) {
        room.releasedSteps = max(room.releasedSteps, step + 1)
        let released = room.withheld.filter { member in
            called.contains(member.device)
                || page.plan.person(of: member.device) == nil && member.step <= room.releasedSteps
        }.map(\.device)
        guard !released.isEmpty else { return }
        let gone = Set(released)
        room.withheld.removeAll { gone.contains($0.device) }
        for device in released { room.named[device]?.released = true }
        room.audience += released
        change(.call(released))
        tell(.heads(to: released))
    }
}
