import CallList
import Foundation
import GRDB
import RelayAPI

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
            let statement = try db.cachedStatement(
                sql: """
                    SELECT seq, time, poster, class, payload, chain FROM entries
                    WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
                    """)
            let found = try Row.fetchCursor(
                statement, arguments: [row.id, Int64(clamping: from), Int64(clamping: last), limit])
            var entries: [Entry] = []
            var bytes = 0
            while bytes < Self.answerBytes, let next = try found.next() {
                let entry = try Self.entry(next)
                bytes += entry.payload.count
                entries.append(entry)
            }
            return EntryPage(
                head: last, closed: row.closed, releasedSteps: UInt8(clamping: row.releasedSteps), entries: entries)
        }
    }

    private static func entry(_ row: Row) throws -> Entry {
        guard let poster = DeviceID(try row.bytes(2)),
            let entryClass = UInt8(exactly: try row.unsigned(3)).flatMap({ EntryClass(rawValue: $0) })
        else { throw Problem.internalError }
        return Entry(
            seq: try row.unsigned(0), time: RelayTime(milliseconds: try row.unsigned(1)), poster: poster,
            entryClass: entryClass, payload: try row.bytes(4), chain: try row.bytes(5))
    }

    func welcomes(for device: DeviceID) async throws -> [PendingWelcome] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT rooms.room, rooms.kind, welcomes.seq, welcomes.time, welcomes.chain, welcome_bodies.body
                    FROM welcomes JOIN rooms ON rooms.id = welcomes.room
                        JOIN members ON members.room = welcomes.room AND members.device = welcomes.device
                        JOIN welcome_bodies ON welcome_bodies.id = welcomes.body
                    WHERE welcomes.device = ? AND members.released ORDER BY welcomes.room, welcomes.seq LIMIT 64
                    """)
            let found = try Row.fetchCursor(statement, arguments: [Data(device.bytes)])
            var welcomes: [PendingWelcome] = []
            var bytes = 0
            while bytes < Self.answerBytes, let next = try found.next() {
                let welcome = try Self.welcome(next)
                bytes += welcome.welcome.count
                welcomes.append(welcome)
            }
            return welcomes
        }
    }

    private static func welcome(_ row: Row) throws -> PendingWelcome {
        guard let room = RoomID(try row.bytes(0)),
            let kind = UInt8(exactly: try row.unsigned(1)).flatMap({ RoomKind(rawValue: $0) })
        else { throw Problem.internalError }
        return PendingWelcome(
            room: room, kind: kind, seq: try row.unsigned(2), time: RelayTime(milliseconds: try row.unsigned(3)),
            chain: try row.bytes(4), welcome: try row.bytes(5))
    }

    func heads(for device: DeviceID) async throws -> (rooms: [Heads.Room], pendingWelcomes: Int) {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT rooms.room, coalesce(members.removed, rooms.head), rooms.closed_at IS NOT NULL
                    FROM members JOIN rooms ON rooms.id = members.room
                    WHERE members.device = ? AND members.released
                        AND (members.removed IS NULL OR members.cursor < members.removed)
                    """)
            let rooms = try Row.fetchAll(statement, arguments: [Data(device.bytes)]).map { row in
                guard let room = RoomID(try row.bytes(0)) else { throw Problem.internalError }
                return Heads.Room(
                    room: room, head: try row.unsigned(1), closed: try row.decode(Bool.self, atIndex: 2))
            }
            let pending = try db.number(
                """
                SELECT count(*) FROM welcomes JOIN members USING (room, device)
                WHERE welcomes.device = ? AND members.released
                """, [Data(device.bytes)])
            return (rooms, Int(pending ?? 0))
        }
    }

    func update(_ cursors: CursorUpdate, of device: Device) async throws {
        let id = Data(device.id.bytes)
        try await writer.write(device.lane) { db in
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
                if db.changesCount > 0 { try room.dropUnusedBodies(in: db) }
            }
        }
    }
}
