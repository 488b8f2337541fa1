import CallList
import Foundation
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    /// Bytes of payload that one answer gives back; always at least one item.
    static let answerBytes = 4 << 20

    /// What a member may see: after the commit that added it, up to the one that removed it.
    func entries(
        of room: RoomID, after seq: UInt64, limit: Int, for device: DeviceID
    ) async throws -> EntryPage {
        try await read { db in
            let row = try RoomRow.find(room, in: db)
            guard let member = try row.member(device, in: db), member.released else { throw Problem.notMember }
            let (from, last) = member.window(after: seq, head: row.head)
            var entries: [Entry] = []
            var bytes = 0
            try db.each(
                """
                SELECT seq, time, poster, class, payload, chain FROM entries
                WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
                """, [row.id, from, last, limit]
            ) { next in
                let entry = try Self.entry(next)
                bytes += entry.payload.count
                entries.append(entry)
                return bytes < Self.answerBytes
            }
            return EntryPage(
                head: last, closed: row.closed, releasedSteps: UInt8(clamping: row.releasedSteps), entries: entries)
        }
    }

    private static func entry(_ row: Row) throws -> Entry {
        guard let entryClass = UInt8(exactly: try row.unsigned(3)).flatMap({ EntryClass(rawValue: $0) }) else {
            throw SQLiteError.damaged
        }
        return Entry(
            seq: try row.unsigned(0), time: try row.time(1), poster: try row.identifier(2), entryClass: entryClass,
            payload: try row.bytes(4), chain: try row.bytes(5))
    }

    func welcomes(for device: DeviceID) async throws -> [PendingWelcome] {
        try await read { db in
            var welcomes: [PendingWelcome] = []
            var bytes = 0
            try db.each(
                """
                SELECT rooms.room, rooms.kind, welcomes.seq, welcomes.time, welcomes.chain, welcome_bodies.body
                FROM welcomes JOIN rooms ON rooms.id = welcomes.room
                    JOIN members ON members.room = welcomes.room AND members.device = welcomes.device
                    JOIN welcome_bodies ON welcome_bodies.id = welcomes.body
                WHERE welcomes.device = ? AND members.released ORDER BY welcomes.room, welcomes.seq LIMIT 64
                """, [device]
            ) { next in
                let welcome = try Self.welcome(next)
                bytes += welcome.welcome.count
                welcomes.append(welcome)
                return bytes < Self.answerBytes
            }
            return welcomes
        }
    }

    private static func welcome(_ row: Row) throws -> PendingWelcome {
        guard let kind = UInt8(exactly: try row.unsigned(1)).flatMap({ RoomKind(rawValue: $0) }) else {
            throw SQLiteError.damaged
        }
        return PendingWelcome(
            room: try row.identifier(0), kind: kind, seq: try row.unsigned(2), time: try row.time(3),
            chain: try row.bytes(4), welcome: try row.bytes(5))
    }

    func heads(for device: DeviceID) async throws -> (rooms: [Heads.Room], pendingWelcomes: Int) {
        try await read { db in
            let rooms = try db.rows(
                """
                SELECT rooms.room, coalesce(members.removed, rooms.head), rooms.closed_at IS NOT NULL
                FROM members JOIN rooms ON rooms.id = members.room
                WHERE members.device = ? AND members.released
                    AND (members.removed IS NULL OR members.cursor < members.removed)
                """, [device]
            ).map { Heads.Room(room: try $0.identifier(0), head: try $0.unsigned(1), closed: try $0.flag(2)) }
            let pending = try db.number(
                """
                SELECT count(*) FROM welcomes JOIN members USING (room, device)
                WHERE welcomes.device = ? AND members.released
                """, [device])
            return (rooms, Int(pending ?? 0))
        }
    }

    func update(_ cursors: CursorUpdate, of device: Device) async throws {
        let id = Data(device.id.bytes)
        try await write(device.lane) { db, _ in
            for item in cursors.cursors {
                // A room that was deleted, or never was, or to which the device was not called: there is nothing to note,
                // and the other cursors count.
                guard let room = try RoomRow.find(optional: item.room, in: db),
                    try room.member(device.id, in: db)?.released == true
                else { continue }
                let seq = Int64(clamping: min(item.seq, room.head))
                try db.run(
                    "UPDATE members SET cursor = ?1 WHERE room = ?2 AND device = ?3 AND cursor < ?1",
                    [seq, room.id, id])
                try db.run("DELETE FROM welcomes WHERE room = ? AND device = ? AND seq <= ?", [room.id, id, seq])
                if db.changeCount > 0 { try room.dropUnusedBodies(in: db) }
            }
        }
    }
}
