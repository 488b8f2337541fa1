import Foundation
import SQLite
import TestTeam
import Testing

@testable import Relay

/// What runs often must find its rows by index: no plan may scan a table.
@Suite struct QueryPlanTests {
    @Test(arguments: [
        SQLiteStore.entriesQuery, SQLiteStore.welcomesQuery, SQLiteStore.waitingQuery, SQLiteStore.headsQuery,
        "SELECT joined FROM members WHERE room = 1 AND device = x'00'",
        "SELECT id FROM rooms WHERE room = x'00'",
        "SELECT answer FROM answers WHERE device = x'00' AND event = x'00'",
        RoomTransition.placingStatement, StoredRoom.audienceQuery, StoredRoom.commitsQuery, StoredRoom.commitQuery,
        StoredRoom.failedQuery,
        "SELECT id FROM views WHERE room = 1 AND digest = x'00'",
        "SELECT id FROM rooms WHERE next_due <= 1 ORDER BY next_due",
        "UPDATE rooms SET next_due = 0 WHERE next_due IS NOT NULL",
        "SELECT min(next_due) FROM rooms WHERE next_due IS NOT NULL",
        "SELECT plan, state FROM pages WHERE room = 1",
        "SELECT min(delete_at) FROM rooms WHERE delete_at IS NOT NULL",
        "SELECT EXISTS (SELECT 1 FROM rooms WHERE delete_at <= 1)",
        "SELECT EXISTS (SELECT 1 FROM key_packages WHERE keep_until <= 1)",
        "SELECT EXISTS (SELECT 1 FROM answers WHERE at < 1)", "SELECT EXISTS (SELECT 1 FROM claims WHERE at < 1)",
        "SELECT count(*) FROM rooms WHERE creator = x'00' AND closed_at IS NULL AND NOT ended",
        """
        DELETE FROM welcome_bodies WHERE room = 1
        AND NOT EXISTS (SELECT 1 FROM welcomes WHERE welcomes.body = welcome_bodies.id)
        """,
        "DELETE FROM rooms WHERE id = 1",
    ]) func usesAnIndex(_ sql: String) throws {
        let directory = try TemporaryDirectory()
        let database = try Database(
            path: directory.url.appendingPathComponent("plan.sqlite").path, schema: RelaySchema.migrations)
        let plan = try database.read { db in
            try db.rows("EXPLAIN QUERY PLAN " + sql.replacing(/\?[0-9]*/, with: "1")).map { try $0.text(3) }
        }
        #expect(!plan.isEmpty)
        // Nor may it sort what it found: then all of it is read for the first.
        #expect(plan.allSatisfy { !$0.contains("TEMP B-TREE") }, "\(plan)")
        for step in plan where step.hasPrefix("SCAN") && step != "SCAN CONSTANT ROW" {
            // The least of an indexed column is its first.
            #expect(step.contains("USING COVERING INDEX") && sql.contains("min("), "\(plan)")
        }
    }

    @Test func childTablesAreFoundByTheirRoom() throws {
        let directory = try TemporaryDirectory()
        let database = try Database(
            path: directory.url.appendingPathComponent("plan.sqlite").path, schema: RelaySchema.migrations)
        for table in ["members", "entries", "welcome_bodies", "welcomes", "pages", "commits", "views"] {
            let plan = try database.read { db in
                try db.rows("EXPLAIN QUERY PLAN SELECT 1 FROM \(table) WHERE room = 1").map { try $0.text(3) }
            }
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(table): \(plan)")
        }
    }
}
