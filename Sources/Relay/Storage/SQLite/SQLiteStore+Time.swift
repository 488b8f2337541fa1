import Foundation
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    /// Seconds that answers and claims are kept for retries.
    static let answerRetention: UInt64 = 7 * 86_400
    /// Rows that one write deletes, and such writes in one go: others' writes come between them.
    private static let deletionRows = 1_000
    private static let deletionWrites = 64
    /// Rooms whose timers wait for one transaction.
    private static let firedAtOnce = 256

    func nextDue() async throws -> Timestamp? {
        try await read { db in
            try db.number(
                """
                SELECT min(at) FROM (
                    SELECT min(next_due) AS at FROM rooms WHERE next_due IS NOT NULL
                    UNION ALL SELECT min(delete_at) FROM rooms WHERE delete_at IS NOT NULL)
                """
            ).map { Timestamp(milliseconds: UInt64(max(0, $0))) }
        }
    }

    /// Each room in a savepoint of its own: one that fails does not hold up the others. What is released is told before
    /// anything is deleted.
    func fireDue(at now: Timestamp) async throws -> [any Error] {
        let due = try await read { db in
            try db.rows("SELECT id FROM rooms WHERE next_due <= ? ORDER BY next_due", [now]).map { try $0.integer(0) }
        }
        var failures = await fire(due) { id, db in try tick(id, at: now, in: db) }
        do {
            try await deleteOutdated(at: now)
            try scrubIfNeeded()
        } catch {
            failures.append(error)
        }
        return failures
    }

    /// All at once, so that they share transactions.
    /// - Returns: what went wrong with single rooms.
    private func fire(
        _ rooms: [Int64], _ change: @escaping @Sendable (Int64, Connection) throws -> [Notice]
    ) async -> [any Error] {
        await withTaskGroup(of: (any Error)?.self) { group in
            var failures: [any Error] = []
            for (index, id) in rooms.enumerated() {
                if index >= Self.firedAtOnce, let failure = await group.next() {
                    failures += [failure].compactMap { $0 }
                }
                group.addTask {
                    do {
                        try await write(.people) { db, notices in notices += try change(id, db) }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for await failure in group { failures += [failure].compactMap { $0 } }
            return failures
        }
    }

    /// Looked at again under the write lock: an acknowledgement may have come in between.
    private func tick(_ id: Int64, at now: Timestamp, in db: Connection) throws -> [Notice] {
        let isDue = try db.holds("SELECT next_due <= ? AND closed_at IS NULL FROM rooms WHERE id = ?", [now, id])
        guard isDue, let stored = try StoredRoom.find(id: id, .timers, in: db) else { return [] }
        var transition = RoomTransition(stored.facts, at: now)
        transition.tick()
        try transition.apply(to: id, in: db)
        // A page that ended at its horizon lost what was withheld.
        if transition.destroys { noteDestroyed() }
        return transition.notices
    }

    // MARK: Deletion

    /// A bounded part of what was kept long enough: what is left is found again by ``nextDue()``, or at the next look.
    private func deleteOutdated(at now: Timestamp) async throws {
        let answers = now.stored - Int64(Self.answerRetention) * 1000
        try await delete(from: "rooms WHERE delete_at <= ?", now.stored) { db in
            try Self.deletePart(ofRoomDueAt: now, in: db)
        }
        try await deleteRows(of: "key_packages", key: "reference", where: "not_after <= ?", now.stored)
        try await deleteRows(of: "claims", key: "(claimer, claim)", where: "at < ?", answers)
        try await deleteRows(of: "answers", key: "(device, event)", where: "at < ?", answers)
    }

    private func deleteRows(
        of table: String, key: String, where condition: String, _ limit: Int64
    ) async throws {
        let columns = key.trimmingCharacters(in: CharacterSet(charactersIn: "()"))
        try await delete(from: "\(table) WHERE \(condition)", limit) { db in
            try db.run(
                """
                DELETE FROM \(table) WHERE \(key) IN
                    (SELECT \(columns) FROM \(table) WHERE \(condition) LIMIT \(Self.deletionRows))
                """, [limit])
        }
    }

    /// Deletes part after part as long as there is something. Mostly there is nothing, and then no need of a write.
    private func delete(
        from outdated: String, _ limit: Int64, _ part: @escaping @Sendable (Connection) throws -> Void
    ) async throws {
        for _ in 0..<Self.deletionWrites {
            let isThere = try await read { try $0.number("SELECT EXISTS (SELECT 1 FROM \(outdated))", [limit]) == 1 }
            guard isThere else { return }
            try await write(.sensors) { db, _ in try part(db) }
            noteDestroyed()
        }
    }

    /// Its members first, so that nobody reads a log with gaps; then its entries, some at a time; then itself.
    private static func deletePart(ofRoomDueAt now: Timestamp, in db: Connection) throws {
        guard let id = try db.number("SELECT id FROM rooms WHERE delete_at <= ? ORDER BY delete_at", [now.stored])
        else {
            return
        }
        try db.run("DELETE FROM members WHERE room = ?", [id])
        try db.run(
            """
            DELETE FROM entries WHERE room = ?1
            AND seq < (SELECT min(seq) FROM entries WHERE room = ?1) + \(deletionRows)
            """, [id])
        guard try db.number("SELECT EXISTS (SELECT 1 FROM entries WHERE room = ?)", [id]) == 0 else { return }
        try db.run("DELETE FROM rooms WHERE id = ?", [id])
    }
}
