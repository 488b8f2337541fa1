import CallList
import Escalation
import Foundation
import Platform
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    /// Rooms whose timers wait for one transaction.
    private static let firedAtOnce = 256

    func nextDue() async throws -> Elapsed? {
        try await read { db in
            try db.number("SELECT min(next_due) FROM rooms WHERE next_due IS NOT NULL").map {
                Elapsed(milliseconds: UInt64(max(0, $0)))
            }
        }
    }

    /// Each room in a savepoint of its own: one that fails does not hold up the others.
    func fireDue(at now: Moment, under list: CallList) async throws -> [any Error] {
        let due = try await read { db in
            try db.rows("SELECT id FROM rooms WHERE next_due <= ? ORDER BY next_due", [now.passed.most]).map {
                try $0.integer(0)
            }
        }
        return await fire(due) { id, db in try tick(id, at: now, under: list, in: db) }
    }

    func tick() async throws -> Tick? {
        try await read { db in
            guard let row = try db.row("SELECT most, least, time, boot, monotonic, origin FROM clock") else {
                return nil
            }
            return Tick(
                passed: Readings(most: try row.elapsed(0), least: try row.elapsed(1)), time: try row.time(2),
                monotonic: MonotonicTime(boot: try row.bytes(3), milliseconds: try row.unsigned(4)),
                origin: try row.time(5))
        }
    }

    func keep(_ tick: Tick) async throws {
        try await write(.first) { db, _ in
            try db.run(
                "REPLACE INTO clock (id, most, least, time, boot, monotonic, origin) VALUES (1, ?, ?, ?, ?, ?, ?)",
                [
                    tick.passed.most, tick.passed.least, tick.time, tick.monotonic.boot, tick.monotonic.milliseconds,
                    tick.origin,
                ])
        }
    }

    func wakeWhatWaits(at now: Moment, under list: CallList) async throws -> [any Error] {
        let open = try await read { db in
            try db.rows("SELECT id FROM rooms WHERE next_due IS NOT NULL").map { try $0.integer(0) }
        }
        return await fire(open) { id, db in try change(id, at: now, in: db) { $0.wakeWhatWaits(under: list) } }
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
    private func tick(_ id: Int64, at now: Moment, under list: CallList, in db: Connection) throws -> [Notice] {
        let isDue = try db.holds(
            "SELECT next_due <= ? AND closed_at IS NULL FROM rooms WHERE id = ?", [now.passed.most, id])
        guard isDue else { return [] }
        return try change(id, at: now, in: db) { $0.tick(under: list) }
    }

    private func change(
        _ id: Int64, at now: Moment, in db: Connection, _ change: (inout RoomTransition) -> Void
    ) throws -> [Notice] {
        guard let stored = try StoredRoom.find(id: id, .timers, in: db) else { return [] }
        var transition = RoomTransition(stored.facts, at: now, identity: identity)
        change(&transition)
        try transition.apply(to: id, in: db)
        // A page that is gone lost what was withheld.
        if transition.destroys { noteDestroyed() }
        return transition.notices
    }
}
