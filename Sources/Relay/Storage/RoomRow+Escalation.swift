import Escalation
import Foundation
import RelayAPI
import SQLite
import Terms
import WireFormat

/// The escalation that the relay cannot read: steps of pseudonyms, released by durable timers (DESIGN "The page"). What
/// follows from what is Escalation's; here it is kept and carried out.
extension RoomRow {
    // MARK: Keeping

    func insert(_ page: Page, in db: Connection) throws {
        try db.run(
            "INSERT INTO pages (room, plan, state) VALUES (?, ?, ?)", [id, page.plan.encoded, page.state.encoded])
    }

    /// Nil where the room is no page, or is closed.
    func page(in db: Connection) throws -> Page? {
        guard let row = try db.row("SELECT plan, state FROM pages WHERE room = ?", [id]) else { return nil }
        guard let plan = try? Plan(decoding: try row.bytes(0)), let state = try? State(decoding: try row.bytes(1)),
            let page = Page(plan, state: state)
        else { throw SQLiteError.damaged }
        return page
    }

    /// Since the room's creation, by the room's time, which never runs backwards [R18].
    private func readings(at now: Timestamp) -> Readings {
        let time = max(now.milliseconds, headTime)
        let elapsed = Elapsed(milliseconds: time > created ? time - created : 0)
        return Readings(most: elapsed, least: elapsed)
    }

    // MARK: What moves it

    /// Lets the timers do all that is due.
    mutating func tick(at now: Timestamp, in db: Connection) throws -> [Notice] {
        guard var page = try page(in: db) else { return [] }
        let entries = page.tick(at: readings(at: now))
        return try carryOut(entries, of: page, at: now, in: db)
    }

    mutating func fold(
        _ statement: RelayAPI.Statement, payload: [UInt8], at now: Timestamp, in db: Connection
    ) throws -> [Notice] {
        guard var page = try page(in: db) else { return [] }
        let entries = page.apply(statement, payload: payload, at: readings(at: now))
        return try carryOut(entries, of: page, at: now, in: db)
    }

    /// - Returns: nil where there is no further step.
    mutating func escalate(at now: Timestamp, in db: Connection) throws -> [Notice]? {
        guard var page = try page(in: db), let released = page.escalate(at: readings(at: now)) else { return nil }
        var notices = try carryOut(released, of: page, manual: true, at: now, in: db)
        let entries = page.tick(at: readings(at: now))
        notices += try carryOut(entries, of: page, at: now, in: db)
        return notices
    }

    // MARK: What comes of it

    /// Stores the page as it is now, and does what its timers wrote.
    private mutating func carryOut(
        _ entries: [TimerEntry], of page: Page, manual: Bool = false, at now: Timestamp, in db: Connection
    ) throws -> [Notice] {
        var notices: [Notice] = []
        for entry in entries {
            switch entry {
            case .released(let step, let persons):
                let called = Set(persons.flatMap(page.plan.devices))
                notices += try release(step: step, calling: called, of: page, manual: manual, at: now, in: db)
            case .skipped(let step):
                notices += try release(step: step, calling: [], of: page, manual: manual, at: now, in: db)
            case .ended: notices += try close(at: now, in: db)
            // The plans of today's rooms ask for none of these.
            case .rang, .again, .alone, .void, .gone: break
            }
        }
        guard !closed else { return notices }
        try db.run("UPDATE pages SET state = ? WHERE room = ?", [page.state.encoded, id])
        let readings = readings(at: now)
        let wait = page.nextDue(after: readings)?.wait(from: readings)
        let due = wait.map { (Elapsed(milliseconds: now.milliseconds) + Elapsed(milliseconds: $0)).milliseconds }
        try db.run("UPDATE rooms SET next_due = ? WHERE id = ?", [due, id])
        return notices
    }

    /// Hands out the Welcomes of who is called now, and of the step's members whom no step calls; the log says so. The first
    /// step has no entry: it is released with the page.
    private mutating func release(
        step: Int, calling called: Set<DeviceID>, of page: Page, manual: Bool, at now: Timestamp, in db: Connection
    ) throws -> [Notice] {
        releasedSteps = max(releasedSteps, step + 1)
        try db.run("UPDATE rooms SET released_steps = ? WHERE id = ?", [releasedSteps, id])
        let waiting = try db.rows("SELECT device, step FROM members WHERE room = ? AND NOT released", [id]).map {
            (device: try $0.identifier(DeviceID.self, 0), step: try $0.count(1))
        }
        let released = waiting.filter { member in
            called.contains(member.device)
                || page.plan.person(of: member.device) == nil && member.step <= releasedSteps
        }.map(\.device)
        for device in released {
            try db.run("UPDATE members SET released = 1 WHERE room = ? AND device = ?", [id, device])
            try placeWelcomes(of: device, in: db)
        }
        var notices: [Notice] = []
        if step > 0 {
            let payload = StepRelease(step: UInt8(clamping: step + 1), manual: manual).encoded
            let entry = try append(.release, payload: payload, poster: .relay, at: now, in: db)
            notices.append(.entry(room, entry, to: try audience(in: db)))
        }
        notices.append(.heads(to: released))
        return notices
    }

    /// Closes the room: withheld Welcomes are destroyed, and with them who was never called [R12].
    mutating func close(at now: Timestamp, in db: Connection) throws -> [Notice] {
        guard !closed else { return [] }
        closed = true
        try db.run(
            "UPDATE rooms SET closed_at = ?1, delete_at = ?1 + retention * 1000, next_due = NULL WHERE id = ?2",
            [now, id])
        try db.run(
            """
            DELETE FROM welcomes WHERE room = ?1
            AND device IN (SELECT device FROM members WHERE room = ?1 AND NOT released)
            """, [id])
        try db.run("DELETE FROM members WHERE room = ? AND NOT released", [id])
        try db.run("DELETE FROM pages WHERE room = ?", [id])
        try dropUnusedBodies(in: db)
        return [.heads(to: try audience(in: db)), .timers]
    }
}
