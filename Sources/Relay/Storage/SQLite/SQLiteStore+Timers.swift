import CallList
import Foundation
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    /// Rooms whose timers wait for one transaction.
    private static let firedAtOnce = 256

    func nextDue() async throws -> Timestamp? {
        try await read { db in
            try db.number("SELECT min(next_due) FROM rooms WHERE next_due IS NOT NULL").map {
                Timestamp(milliseconds: UInt64(max(0, $0)))
            }
        }
    }

    /// Each room in a savepoint of its own: one that fails does not hold up the others.
    func fireDue(at now: Timestamp, under list: CallList) async throws -> [any Error] {
        let due = try await read { db in
            try db.rows("SELECT id FROM rooms WHERE next_due <= ? ORDER BY next_due", [now]).map { try $0.integer(0) }
        }
        return await fire(due) { id, db in try tick(id, at: now, under: list, in: db) }
    }

    func makePagesDue() async throws {
        try await write(.people) { db, notices in
            try db.run("UPDATE rooms SET next_due = 0 WHERE next_due IS NOT NULL")
            notices.append(.timers)
        }
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
                        try await write(.first) { db, notices in notices += try change(id, db) }
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
    private func tick(_ id: Int64, at now: Timestamp, under list: CallList, in db: Connection) throws -> [Notice] {
        let isDue = try db.holds("SELECT next_due <= ? AND closed_at IS NULL FROM rooms WHERE id = ?", [now, id])
        guard isDue, let stored = try StoredRoom.find(id: id, .timers, in: db) else { return [] }
        var transition = RoomTransition(stored.facts, at: now, identity: identity)
        transition.tick(under: list)
        try transition.apply(to: id, in: db)
        // A page that is gone lost what was withheld.
        if transition.destroys { noteDestroyed() }
        return transition.notices
    }
}
