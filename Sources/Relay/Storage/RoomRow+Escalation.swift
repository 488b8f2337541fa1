import Foundation
import RelayAPI
import SQLite
import Terms
import WireFormat

/// The escalation that the relay cannot read: steps of pseudonyms, released by durable timers (DESIGN "The page").
extension RoomRow {
    /// Releases the first step at once, and those after it as long as they call nobody [R13].
    mutating func startEscalation(at now: Timestamp, in db: Connection) throws -> [Notice] {
        releasedSteps = 1
        try db.run("UPDATE rooms SET released_steps = 1 WHERE id = ?", [id])
        var notices: [Notice] = []
        if try personCount(ofStep: 1, in: db) == 0 { notices = try releaseNext(manual: false, at: now, in: db) ?? [] }
        try armTimer(at: now, in: db)
        return notices
    }

    /// Releases the next step: its Welcomes are handed out, and the log says so.
    /// - Returns: nil where there is no further step.
    mutating func releaseNext(manual: Bool, at now: Timestamp, in db: Connection) throws -> [Notice]? {
        guard try releasedSteps < stepCount(in: db) else { return nil }
        var notices: [Notice] = []
        var skipped: Bool
        repeat {
            releasedSteps += 1
            try db.run("UPDATE rooms SET released_steps = ? WHERE id = ?", [releasedSteps, id])
            let released: [DeviceID] = try db.rows(
                "SELECT device FROM members WHERE room = ? AND step = ? AND NOT released", [id, releasedSteps]
            ).map { try $0.identifier(0) }
            try db.run("UPDATE members SET released = 1 WHERE room = ? AND step = ?", [id, releasedSteps])
            let release = StepRelease(step: UInt8(clamping: releasedSteps), manual: manual)
            let entry = try append(.release, payload: release.encoded, poster: .relay, at: now, in: db)
            notices.append(.entry(room, entry, to: try audience(in: db)))
            notices.append(.heads(to: released))
            skipped = try personCount(ofStep: releasedSteps, in: db) == 0
        } while try skipped && releasedSteps < stepCount(in: db)
        try armTimer(at: now, in: db)
        return notices
    }

    /// Sets when the next step is due; no time where nothing is left to release, or enough people acknowledged.
    func armTimer(at now: Timestamp, in db: Connection) throws {
        let delay = try db.number(
            "SELECT delay FROM steps WHERE room = ? AND step = ?", [id, releasedSteps + 1])
        let due =
            (try closed || isAcknowledged(in: db))
            ? nil : delay.map { now.adding(seconds: UInt64(clamping: $0)).stored }
        try db.run("UPDATE rooms SET next_due = ? WHERE id = ?", [due, id])
    }

    func record(_ kind: RelayAPI.Statement.Kind, by device: DeviceID, at now: Timestamp, in db: Connection) throws {
        let wasAcknowledged = try isAcknowledged(in: db)
        switch kind {
        case .ack:
            try db.run("INSERT OR IGNORE INTO acks (room, device) VALUES (?, ?)", [id, Data(device.bytes)])
        case .unack:
            try db.run(
                """
                DELETE FROM acks WHERE room = ?1 AND (device = ?2 OR device IN (
                    SELECT theirs.device FROM persons AS mine JOIN persons AS theirs USING (room, step, person)
                    WHERE mine.room = ?1 AND mine.device = ?2))
                """, [id, Data(device.bytes)])
        }
        if try wasAcknowledged != isAcknowledged(in: db) { try armTimer(at: now, in: db) }
    }

    /// Whether, for some released step, as many of its persons acknowledged as it needs. A step that calls nobody cannot be
    /// acknowledged, whatever it says that it needs [R13].
    private func isAcknowledged(in db: Connection) throws -> Bool {
        try db.number(
            """
            SELECT EXISTS (
                SELECT 1 FROM steps WHERE room = ?1 AND step <= ?2 AND max(need, 1) <= (
                    SELECT count(DISTINCT person) FROM persons JOIN acks USING (room, device)
                    WHERE persons.room = ?1 AND persons.step = steps.step))
            """, [id, releasedSteps]) == 1
    }

    /// Closes the room: withheld Welcomes are destroyed, and with them who was never called [R12].
    mutating func close(at now: Timestamp, in db: Connection) throws -> [Notice] {
        guard !closed else { return [] }
        closed = true
        try db.run(
            "UPDATE rooms SET closed_at = ?1, delete_at = ?1 + retention * 1000, next_due = NULL WHERE id = ?2",
            [now.stored, id])
        try db.run(
            """
            DELETE FROM welcomes WHERE room = ?1
            AND device IN (SELECT device FROM members WHERE room = ?1 AND NOT released)
            """, [id])
        try db.run("DELETE FROM members WHERE room = ? AND NOT released", [id])
        try db.run("DELETE FROM persons WHERE room = ? AND step > ?", [id, releasedSteps])
        try dropUnusedBodies(in: db)
        return [.heads(to: try audience(in: db)), .timers]
    }

    private func personCount(ofStep step: Int, in db: Connection) throws -> Int64 {
        try db.number("SELECT count(*) FROM persons WHERE room = ? AND step = ?", [id, step]) ?? 0
    }
}
