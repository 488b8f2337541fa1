import CallList
import Foundation
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    /// Bytes of payload that one answer gives back at most, where it gives back more than one item.
    static let answerBytes = 1 << 20

    // MARK: Queries

    static let entriesQuery = """
        SELECT seq, time, poster, class, payload, chain FROM entries
        WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
        """
    static let welcomesQuery = """
        SELECT welcomes.place, rooms.room, rooms.kind, welcomes.seq, welcomes.time, welcomes.chain, welcome_bodies.body
        FROM welcomes JOIN rooms ON rooms.id = welcomes.room JOIN welcome_bodies ON welcome_bodies.id = welcomes.body
        WHERE welcomes.device = ?1 AND welcomes.place IS NOT NULL AND welcomes.place <= ?2
            AND (welcomes.place < ?2 OR welcomes.seq > ?3)
        ORDER BY welcomes.place DESC, welcomes.seq LIMIT ?4
        """
    static let waitingQuery = "SELECT count(*) FROM welcomes WHERE device = ? AND place IS NOT NULL"
    static let headsQuery = """
        SELECT rooms.room, coalesce(members.removed, rooms.head), rooms.closed_at IS NOT NULL, rooms.ended
        FROM members JOIN rooms ON rooms.id = members.room
        WHERE members.device = ? AND members.released = 1 AND members.settled = 0 ORDER BY members.room DESC
        """

    // MARK: Answers

    /// What a member may see: after the commit that added it, up to the one that removed it.
    func entries(
        of room: RoomID, after seq: UInt64, limit: Int, for device: DeviceID
    ) async throws -> EntryPage {
        try await read { db in
            guard let stored = try StoredRoom.find(room, in: db) else { throw Problem.roomUnknown }
            guard let member = try stored.membership(of: device, in: db), member.released else {
                throw Problem.notMember
            }
            let (from, last) = member.window(after: seq, head: stored.facts.log.seq)
            var entries: [Entry] = []
            var bytes = 0
            try db.each(Self.entriesQuery, [stored.id, from, last, limit]) { next in
                let entry = try Self.entry(next)
                bytes += entry.payload.count
                guard entries.isEmpty || bytes <= Self.answerBytes else { return false }
                entries.append(entry)
                return true
            }
            return EntryPage(
                head: last, closed: stored.facts.isClosed,
                releasedSteps: UInt8(clamping: stored.facts.releasedSteps), entries: entries)
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

    func welcomes(
        for device: DeviceID, after last: WelcomePosition?, limit: Int
    ) async throws -> [PendingWelcome] {
        try await read { db in
            var welcomes: [PendingWelcome] = []
            var bytes = 0
            let (place, seq) = (Int64(clamping: last?.place ?? .max), Int64(clamping: last?.seq ?? .max))
            try db.each(Self.welcomesQuery, [device, place, seq, limit]) { next in
                let welcome = try Self.welcome(next)
                bytes += welcome.welcome.count
                guard welcomes.isEmpty || bytes <= Self.answerBytes else { return false }
                welcomes.append(welcome)
                return true
            }
            return welcomes
        }
    }

    private static func welcome(_ row: Row) throws -> PendingWelcome {
        guard let kind = UInt8(exactly: try row.unsigned(2)).flatMap({ RoomKind(rawValue: $0) }) else {
            throw SQLiteError.damaged
        }
        return PendingWelcome(
            place: try row.unsigned(0), room: try row.identifier(1), kind: kind, seq: try row.unsigned(3),
            time: try row.time(4), chain: try row.bytes(5), welcome: try row.bytes(6))
    }

    func heads(for device: DeviceID) async throws -> (rooms: [Heads.Room], pendingWelcomes: Int) {
        try await read { db in
            let rooms = try db.rows(Self.headsQuery, [device]).map {
                Heads.Room(
                    room: try $0.identifier(0), head: try $0.unsigned(1), closed: try $0.flag(2), ended: try $0.flag(3))
            }
            return (rooms, Int(try db.number(Self.waitingQuery, [device]) ?? 0))
        }
    }

    func update(_ cursors: CursorUpdate, of device: Device) async throws {
        try await write(device.lane) { db, _ in
            for item in cursors.cursors {
                // A room that was deleted, or never was, or to which the device was not called: there is nothing to note,
                // and the other cursors count.
                guard let room = try StoredRoom.find(item.room, in: db),
                    let member = try room.membership(of: device.id, in: db), member.released
                else { continue }
                let (head, isOver) = (room.facts.log.seq, room.facts.isClosed || room.facts.hasEnded)
                let seq = min(item.seq, head)
                let next = member.processed(upTo: seq, head: head, isOver: isOver)
                if next != member {
                    try db.run(
                        "UPDATE members SET cursor = ?, settled = ? WHERE room = ? AND device = ?",
                        [next.cursor, next.settled, room.id, device.id])
                }
                guard member.welcomes > 0 else { continue }
                try db.run(
                    "DELETE FROM welcomes WHERE room = ? AND device = ? AND seq <= ?", [room.id, device.id, seq])
                try RoomTransition.dropUnusedBodies(of: room.id, in: db)
            }
        }
    }
}
