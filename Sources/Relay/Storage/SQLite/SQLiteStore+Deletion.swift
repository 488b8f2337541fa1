import Escalation
import Foundation
import SQLite
import Terms

extension SQLiteStore {
    /// Seconds that answers and claims are kept for retries.
    static let answerRetention: UInt64 = 7 * 86_400
    /// Rows that one write deletes, and such writes in one go: others' writes come between them.
    private static let deletionRows = 1_000
    private static let deletionWrites = 64

    /// By the least that can have passed: no clock destroys anything [R18].
    func deleteOutdated(at now: Moment) async throws -> Bool {
        let least = Int64(clamping: now.passed.least.milliseconds)
        let answers = least - Int64(Self.answerRetention) * 1000
        var isMore = try await delete(from: "rooms WHERE delete_at <= ?", least) { db in
            try Self.deletePart(ofRoomDueAt: least, in: db)
        }
        let outdated: [(table: String, key: String, condition: String, limit: Int64)] = [
            ("key_packages", "reference", "keep_until <= ?", least),
            ("answers", "(device, event)", "at < ?", answers),
            // Full again, as if they had never been used.
            ("claim_budgets", "(claimer, target)", "full_at <= ?", Int64(clamping: now.passed.most.milliseconds)),
        ]
        for rows in outdated {
            let isLeft = try await deleteRows(of: rows.table, key: rows.key, where: rows.condition, rows.limit)
            isMore = isMore || isLeft
        }
        let areClaimsLeft = try await delete(from: "claims WHERE at < ?", answers) { db in
            try Self.deleteClaims(before: answers, in: db)
        }
        isMore = isMore || areClaimsLeft
        try await scrubIfNeeded()
        return isMore
    }

    private func deleteRows(
        of table: String, key: String, where condition: String, _ limit: Int64
    ) async throws -> Bool {
        let columns = key.trimmingCharacters(in: CharacterSet(charactersIn: "()"))
        return try await delete(from: "\(table) WHERE \(condition)", limit) { db in
            try db.run(
                """
                DELETE FROM \(table) WHERE \(key) IN
                    (SELECT \(columns) FROM \(table) WHERE \(condition) LIMIT \(Self.deletionRows))
                """, [limit])
        }
    }

    /// Deletes part after part as long as there is something. Mostly there is nothing, and then no need of a write.
    /// - Returns: whether something is left, because others' writes have waited long enough.
    private func delete(
        from outdated: String, _ limit: Int64, _ part: @escaping @Sendable (Connection) throws -> Void
    ) async throws -> Bool {
        for _ in 0..<Self.deletionWrites {
            let isThere = try await read { try $0.number("SELECT EXISTS (SELECT 1 FROM \(outdated))", [limit]) == 1 }
            guard isThere else { return false }
            try await write(.sensors) { db, _ in try part(db) }
            noteDestroyed()
        }
        return true
    }

    private static func deleteClaims(before time: Int64, in db: Connection) throws {
        let deleted = try db.rows(
            """
            DELETE FROM claims WHERE (claimer, claim) IN (SELECT claimer, claim FROM claims WHERE at < ?
                LIMIT \(deletionRows)) RETURNING claimer, length(answer)
            """, [time])
        for row in deleted { try StoredBytes.giveBack(try row.integer(1), of: try row.identifier(0), in: db) }
    }

    /// Its members and Welcomes first, so that nobody reads a log with gaps; then its entries, some at a time; then itself.
    private static func deletePart(ofRoomDueAt least: Int64, in db: Connection) throws {
        guard let id = try db.number("SELECT id FROM rooms WHERE delete_at <= ? ORDER BY delete_at", [least])
        else {
            return
        }
        try db.run("DELETE FROM members WHERE room = ?", [id])
        // With them all who they are for: nobody is invited to what is being deleted.
        try db.run("DELETE FROM welcome_bodies WHERE room = ?", [id])
        try db.run(
            """
            DELETE FROM entries WHERE room = ?1
            AND seq < (SELECT min(seq) FROM entries WHERE room = ?1) + \(deletionRows)
            """, [id])
        guard try db.number("SELECT EXISTS (SELECT 1 FROM entries WHERE room = ?)", [id]) == 0 else { return }
        try StoredBytes.giveBack(room: id, in: db)
        try db.run("DELETE FROM rooms WHERE id = ?", [id])
    }
}
