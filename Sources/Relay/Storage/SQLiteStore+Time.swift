import Foundation
import GRDB
import RelayAPI

extension SQLiteStore {
    /// Seconds that answers and claims are kept for retries.
    static let answerRetention: UInt64 = 7 * 86_400
    /// Rows that one write deletes, and such writes in one go: others' writes come between them.
    private static let deletionRows = 1_000
    private static let deletionWrites = 64

    func nextDue() async throws -> RelayTime? {
        try await read { db in
            try db.number(
                """
                SELECT min(at) FROM (
                    SELECT min(next_due) AS at FROM rooms WHERE next_due IS NOT NULL
                    UNION ALL SELECT min(horizon_at) FROM rooms WHERE closed_at IS NULL AND horizon_at IS NOT NULL
                    UNION ALL SELECT min(delete_at) FROM rooms WHERE delete_at IS NOT NULL)
                """
            ).map { RelayTime(milliseconds: UInt64(max(0, $0))) }
        }
    }

    /// Each room in a savepoint of its own: one that fails does not hold up the others.
    func fireDue(at now: RelayTime) async throws -> Fired {
        let (steps, horizons) = try await read { db in
            (
                try Int64.fetchAll(
                    db.cachedStatement(sql: "SELECT id FROM rooms WHERE next_due <= ? ORDER BY next_due"),
                    arguments: [now.stored]),
                try Int64.fetchAll(
                    db.cachedStatement(sql: "SELECT id FROM rooms WHERE closed_at IS NULL AND horizon_at <= ?"),
                    arguments: [now.stored])
            )
        }
        var fired = await fire(horizons) { id, db in try Self.closeAtHorizon(id, at: now, in: db) }
        let released = await fire(steps) { id, db in try Self.releaseDueStep(id, at: now, in: db) }
        fired.notices += released.notices
        fired.failures += released.failures
        if !horizons.isEmpty { logScrub.isNeeded = true }
        do {
            try await deleteOutdated(at: now)
            if logScrub.isNeeded { try await pool.writeWithoutTransaction { try logScrub.run(in: $0) } }
        } catch {
            fired.failures.append(writer.problem(error))
        }
        return fired
    }

    /// All at once, so that they share transactions.
    private func fire(
        _ rooms: [Int64], _ change: @escaping @Sendable (Int64, Database) throws -> [Notice]
    ) async -> Fired {
        await withTaskGroup(of: Result<[Notice], any Error>.self) { group in
            var fired = Fired()
            func collect(_ result: Result<[Notice], any Error>) {
                switch result {
                case .success(let notices): fired.notices += notices
                case .failure(let error): fired.failures.append(error)
                }
            }
            for (index, id) in rooms.enumerated() {
                if index >= WriteQueues<Void>.batch, let result = await group.next() { collect(result) }
                group.addTask {
                    do {
                        return .success(try await writer.write(.people) { db in try change(id, db) })
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for await result in group { collect(result) }
            return fired
        }
    }

    private static func closeAtHorizon(_ id: Int64, at now: RelayTime, in db: Database) throws -> [Notice] {
        guard var row = try RoomRow.find(id: id, in: db) else { return [] }
        return try row.close(at: now, in: db)
    }

    /// Looked at again under the write lock: an acknowledgement may have come in between.
    private static func releaseDueStep(_ id: Int64, at now: RelayTime, in db: Database) throws -> [Notice] {
        let isDue = try db.number(
            "SELECT next_due <= ? AND closed_at IS NULL FROM rooms WHERE id = ?", [now.stored, id])
        guard isDue == 1, var row = try RoomRow.find(id: id, in: db) else { return [] }
        return try row.releaseNext(manual: false, at: now, in: db) ?? []
    }

    // MARK: Deletion

    /// A bounded part of what was kept long enough: what is left is found again by ``nextDue()``, or at the next look.
    private func deleteOutdated(at now: RelayTime) async throws {
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
        from outdated: String, _ limit: Int64, _ part: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        for _ in 0..<Self.deletionWrites {
            let isThere = try await read { try $0.number("SELECT EXISTS (SELECT 1 FROM \(outdated))", [limit]) == 1 }
            guard isThere else { return }
            try await writer.write(.sensors, part)
            logScrub.isNeeded = true
        }
    }

    /// Its members first, so that nobody reads a log with gaps; then its entries, some at a time; then itself.
    private static func deletePart(ofRoomDueAt now: RelayTime, in db: Database) throws {
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
