import CallList
import Foundation
import GRDB
import RelayAPI

extension SQLiteStore {
    /// What a member may see: after the commit that added it, up to the one that removed it.
    func entries(
        of room: RoomID, after seq: UInt64, limit: Int, for device: DeviceID
    ) async throws -> EntryPage {
        try await read { db in
            let row = try RoomRow.find(room, in: db)
            guard let member = try row.member(device, in: db), member.released else { throw Problem.notMember }
            let last = member.removed ?? row.head
            let from = max(seq, member.joined)
            let statement = try db.cachedStatement(
                sql: """
                    SELECT seq, time, poster, class, payload, chain FROM entries
                    WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
                    """)
            let entries = try Row.fetchAll(
                statement, arguments: [row.id, Int64(clamping: from), Int64(clamping: last), limit]
            ).map { try Self.entry($0) }
            return EntryPage(
                head: last, closed: row.closed, releasedSteps: UInt8(clamping: row.releasedSteps), entries: entries)
        }
    }

    private static func entry(_ row: Row) throws -> Entry {
        let seq: Int64 = row["seq"]
        let time: Int64 = row["time"]
        let poster: Data = row["poster"]
        let classNumber: Int = row["class"]
        let payload: Data = row["payload"]
        let chain: Data = row["chain"]
        guard let poster = DeviceID([UInt8](poster)),
            let entryClass = EntryClass(rawValue: UInt8(truncatingIfNeeded: classNumber))
        else { throw Problem.internalError }
        return Entry(
            seq: UInt64(seq), time: RelayTime(milliseconds: UInt64(time)), poster: poster, entryClass: entryClass,
            payload: [UInt8](payload), chain: [UInt8](chain))
    }

    func welcomes(for device: DeviceID) async throws -> [PendingWelcome] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT rooms.room, rooms.kind, welcomes.seq, welcomes.time, welcomes.chain, welcome_bodies.body
                    FROM welcomes JOIN rooms ON rooms.id = welcomes.room
                        JOIN members ON members.room = welcomes.room AND members.device = welcomes.device
                        JOIN welcome_bodies ON welcome_bodies.id = welcomes.body
                    WHERE welcomes.device = ? AND members.released ORDER BY welcomes.room LIMIT 64
                    """, arguments: [Data(device.bytes)]
            ).compactMap { row in
                let room: Data = row["room"]
                let kind: Int = row["kind"]
                let seq: Int64 = row["seq"]
                let time: Int64 = row["time"]
                let chain: Data = row["chain"]
                let body: Data = row["body"]
                guard let room = RoomID([UInt8](room)), let kind = RoomKind(rawValue: UInt8(truncatingIfNeeded: kind))
                else { return nil }
                return PendingWelcome(
                    room: room, kind: kind, seq: UInt64(seq), time: RelayTime(milliseconds: UInt64(time)),
                    chain: [UInt8](chain), welcome: [UInt8](body))
            }
        }
    }

    func heads(for device: DeviceID) async throws -> (rooms: [Heads.Room], pendingWelcomes: Int) {
        try await read { db in
            let rooms = try Row.fetchAll(
                db,
                sql: """
                    SELECT rooms.room, coalesce(members.removed, rooms.head) AS head, rooms.closed_at
                    FROM members JOIN rooms ON rooms.id = members.room
                    WHERE members.device = ? AND members.released
                        AND (members.removed IS NULL OR members.cursor < members.removed)
                    """, arguments: [Data(device.bytes)]
            ).compactMap { row -> Heads.Room? in
                let room: Data = row["room"]
                let head: Int64 = row["head"]
                let closedAt: Int64? = row["closed_at"]
                return RoomID([UInt8](room)).map { Heads.Room(room: $0, head: UInt64(head), closed: closedAt != nil) }
            }
            let pending =
                try Int.fetchOne(
                    db,
                    sql: """
                        SELECT count(*) FROM welcomes JOIN members USING (room, device)
                        WHERE welcomes.device = ? AND members.released
                        """, arguments: [Data(device.bytes)]) ?? 0
            return (rooms, pending)
        }
    }

    func update(_ cursors: CursorUpdate, of device: DeviceID) async throws {
        try await writer.write { db in
            for item in cursors.cursors {
                // A room that was deleted, or never was: there is nothing to note, and the other cursors count.
                guard let room = try RoomRow.find(optional: item.room, in: db),
                    try room.member(device, in: db) != nil
                else { continue }
                let seq = Int64(clamping: min(item.seq, room.head))
                try db.execute(
                    sql: "UPDATE members SET cursor = max(cursor, ?) WHERE room = ? AND device = ?",
                    arguments: [seq, room.id, Data(device.bytes)])
                try db.execute(
                    sql: "DELETE FROM welcomes WHERE room = ? AND device = ? AND seq <= ?",
                    arguments: [room.id, Data(device.bytes), seq])
                if db.changesCount > 0 { try room.dropUnusedBodies(in: db) }
            }
        }
    }

    // MARK: Time

    /// Seconds that answers and claims are kept for retries.
    private static let answerRetention: Int64 = 7 * 86_400

    func nextDue() async throws -> RelayTime? {
        try await read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(at) FROM (
                        SELECT min(next_due) AS at FROM rooms WHERE next_due IS NOT NULL
                        UNION ALL SELECT min(horizon_at) FROM rooms WHERE closed_at IS NULL AND horizon_at IS NOT NULL
                        UNION ALL SELECT min(closed_at + retention * 1000) FROM rooms WHERE closed_at IS NOT NULL)
                    """
            ).map { RelayTime(milliseconds: UInt64(max(0, $0))) }
        }
    }

    /// Each room in a savepoint of its own: one that fails does not hold up the others.
    func fireDue(at now: RelayTime) async throws -> Fired {
        let time = Int64(now.milliseconds)
        let (steps, horizons) = try await read { db in
            (
                try Int64.fetchAll(
                    db, sql: "SELECT id FROM rooms WHERE next_due <= ? ORDER BY next_due", arguments: [time]),
                try Int64.fetchAll(
                    db, sql: "SELECT id FROM rooms WHERE closed_at IS NULL AND horizon_at <= ?", arguments: [time])
            )
        }
        var fired = Fired()
        for id in horizons { await fire(&fired) { db in try Self.closeAtHorizon(id, at: now, in: db) } }
        for id in steps { await fire(&fired) { db in try Self.releaseDueStep(id, at: now, in: db) } }
        await fire(&fired) { db in try Self.deleteOutdated(at: now, in: db) }
        return fired
    }

    private func fire(_ fired: inout Fired, _ change: @escaping @Sendable (Database) throws -> [Notice]) async {
        do {
            fired.notices += try await writer.write(change)
        } catch {
            fired.failures.append(error)
        }
    }

    private static func closeAtHorizon(_ id: Int64, at now: RelayTime, in db: Database) throws -> [Notice] {
        guard var row = try RoomRow.find(id: id, in: db) else { return [] }
        return try row.close(at: now, in: db)
    }

    /// Looked at again under the write lock: an acknowledgement may have come in between.
    private static func releaseDueStep(_ id: Int64, at now: RelayTime, in db: Database) throws -> [Notice] {
        let isDue = try Bool.fetchOne(
            db, sql: "SELECT next_due <= ? AND closed_at IS NULL FROM rooms WHERE id = ?",
            arguments: [Int64(now.milliseconds), id])
        guard isDue == true, var row = try RoomRow.find(id: id, in: db) else { return [] }
        return try row.releaseNext(manual: false, at: now, in: db) ?? []
    }

    private static func deleteOutdated(at now: RelayTime, in db: Database) throws -> [Notice] {
        let time = Int64(now.milliseconds)
        try db.execute(sql: "DELETE FROM rooms WHERE closed_at + retention * 1000 <= ?", arguments: [time])
        try db.execute(sql: "DELETE FROM key_packages WHERE not_after <= ?", arguments: [time])
        for table in ["answers", "claims"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE at < ?", arguments: [time - answerRetention * 1000])
        }
        return []
    }
}
