import CallList
import Foundation
import GRDB
import RelayAPI
import WireFormat

/// The escalation that the relay cannot read: steps of pseudonyms, released by durable timers (DESIGN "The page").
extension RoomRow {
    /// Poster of what the relay itself writes.
    static let relayPoster = DeviceID([UInt8](repeating: 0, count: DeviceID.length))

    /// Releases the first step at once, and those after it as long as they call nobody [R13].
    mutating func startEscalation(at now: RelayTime, in db: Database) throws -> [Notice] {
        releasedSteps = 1
        try db.execute(sql: "UPDATE rooms SET released_steps = 1 WHERE id = ?", arguments: [id])
        var notices: [Notice] = []
        if try personCount(ofStep: 1, in: db) == 0 { notices = try releaseNext(manual: false, at: now, in: db) ?? [] }
        try armTimer(at: now, in: db)
        return notices
    }

    /// Releases the next step: its Welcomes are handed out, and the log says so.
    /// - Returns: nil where there is no further step.
    mutating func releaseNext(manual: Bool, at now: RelayTime, in db: Database) throws -> [Notice]? {
        guard let poster = Self.relayPoster, try releasedSteps < stepCount(in: db) else { return nil }
        var notices: [Notice] = []
        var skipped: Bool
        repeat {
            releasedSteps += 1
            try db.execute(
                sql: "UPDATE rooms SET released_steps = ? WHERE id = ?", arguments: [releasedSteps, id])
            let released = try Data.fetchAll(
                db, sql: "SELECT device FROM members WHERE room = ? AND step = ? AND NOT released",
                arguments: [id, releasedSteps])
            try db.execute(
                sql: "UPDATE members SET released = 1 WHERE room = ? AND step = ?", arguments: [id, releasedSteps])
            let release = StepRelease(step: UInt8(clamping: releasedSteps), manual: manual)
            let entry = try append(.release, payload: release.encoded, poster: poster, at: now, in: db)
            notices.append(.entry(room, entry, to: try audience(in: db)))
            notices.append(.heads(to: released.compactMap { DeviceID([UInt8]($0)) }))
            skipped = try personCount(ofStep: releasedSteps, in: db) == 0
        } while try skipped && releasedSteps < stepCount(in: db)
        try armTimer(at: now, in: db)
        return notices
    }

    /// Sets when the next step is due; no time where nothing is left to release, or enough people acknowledged.
    func armTimer(at now: RelayTime, in db: Database) throws {
        let delay = try Int64.fetchOne(
            db, sql: "SELECT delay FROM steps WHERE room = ? AND step = ?", arguments: [id, releasedSteps + 1])
        let due = (try closed || isAcknowledged(in: db)) ? nil : delay.map { Int64(now.milliseconds) + $0 * 1000 }
        try db.execute(sql: "UPDATE rooms SET next_due = ? WHERE id = ?", arguments: [due, id])
    }

    func record(_ kind: RelayAPI.Statement.Kind, by device: DeviceID, at now: RelayTime, in db: Database) throws {
        let wasAcknowledged = try isAcknowledged(in: db)
        switch kind {
        case .ack:
            try db.execute(
                sql: "INSERT OR IGNORE INTO acks (room, device) VALUES (?, ?)", arguments: [id, Data(device.bytes)])
        case .unack:
            try db.execute(
                sql: """
                    DELETE FROM acks WHERE room = ?1 AND (device = ?2 OR device IN (
                        SELECT theirs.device FROM persons AS mine JOIN persons AS theirs USING (room, step, person)
                        WHERE mine.room = ?1 AND mine.device = ?2))
                    """, arguments: [id, Data(device.bytes)])
        }
        if try wasAcknowledged != isAcknowledged(in: db) { try armTimer(at: now, in: db) }
    }

    /// Whether, for some released step, as many of its persons acknowledged as it needs.
    private func isAcknowledged(in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM steps WHERE room = ?1 AND step <= ?2 AND need <= (
                        SELECT count(DISTINCT person) FROM persons JOIN acks USING (room, device)
                        WHERE persons.room = ?1 AND persons.step = steps.step))
                """, arguments: [id, releasedSteps]) ?? false
    }

    /// Closes the room: withheld Welcomes are destroyed, and with them who was never called [R12].
    mutating func close(at now: RelayTime, in db: Database) throws -> [Notice] {
        guard !closed else { return [] }
        closed = true
        try db.execute(
            sql: "UPDATE rooms SET closed_at = ?, next_due = NULL WHERE id = ?",
            arguments: [Int64(now.milliseconds), id])
        try db.execute(
            sql: """
                DELETE FROM welcomes WHERE room = ?1
                AND device IN (SELECT device FROM members WHERE room = ?1 AND NOT released)
                """, arguments: [id])
        try db.execute(sql: "DELETE FROM members WHERE room = ? AND NOT released", arguments: [id])
        try dropUnusedBodies(in: db)
        return [.heads(to: try audience(in: db))]
    }

    private func stepCount(in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM steps WHERE room = ?", arguments: [id]) ?? 0
    }

    private func personCount(ofStep step: Int, in db: Database) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM persons WHERE room = ? AND step = ?", arguments: [id, step]) ?? 0
    }
}
