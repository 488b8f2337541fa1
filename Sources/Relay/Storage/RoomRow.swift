import Foundation
import RelayAPI
import SQLite
import Terms

/// A room's row, and what changes it within a transaction.
struct RoomRow {
    let id: Int64
    let room: RoomID
    let kind: RoomKind
    let creator: DeviceID
    let created: UInt64
    var head: UInt64
    var headTime: UInt64
    var chain: [UInt8]
    var lastCommit: UInt64
    var closed: Bool
    var releasedSteps: Int

    private static let columns =
        "id, room, kind, head, head_time, chain, last_commit, closed_at, released_steps, creator, created"

    /// - Throws: `roomUnknown`.
    static func find(_ room: RoomID, in db: Connection) throws -> RoomRow {
        guard let row = try find(optional: room, in: db) else { throw Problem.roomUnknown }
        return row
    }

    static func find(optional room: RoomID, in db: Connection) throws -> RoomRow? {
        return try db.row("SELECT \(columns) FROM rooms WHERE room = ?", [room]).map { try RoomRow($0) }
    }

    static func find(id: Int64, in db: Connection) throws -> RoomRow? {
        return try db.row("SELECT \(columns) FROM rooms WHERE id = ?", [id]).map { try RoomRow($0) }
    }

    private init(_ row: Row) throws {
        guard let kind = UInt8(exactly: try row.unsigned(2)).flatMap({ RoomKind(rawValue: $0) }) else {
            throw SQLiteError.damaged
        }
        id = try row.integer(0)
        room = try row.identifier(1)
        self.kind = kind
        head = try row.unsigned(3)
        headTime = try row.unsigned(4)
        chain = try row.bytes(5)
        lastCommit = try row.unsigned(6)
        closed = try !row.isNull(7)
        releasedSteps = try row.count(8)
        creator = try row.identifier(9)
        created = try row.unsigned(10)
    }

    /// Writes an entry with the next number. A room's time never runs backwards, whatever the clock does and in whatever
    /// order requests get here.
    mutating func append(
        _ entryClass: EntryClass, payload: [UInt8], poster: DeviceID, at now: Timestamp, in db: Connection
    ) throws -> Entry {
        head += 1
        headTime = max(headTime, now.milliseconds)
        let time = Timestamp(milliseconds: headTime)
        chain = LogChain.next(
            chain, seq: head, time: time, poster: poster, entryClass: entryClass, payload: payload)
        if entryClass == .commit { lastCommit = head }
        try db.run(
            "INSERT INTO entries (room, seq, time, poster, class, payload, chain) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                id, Int64(clamping: head), time.stored, Data(poster.bytes), Int(entryClass.rawValue), Data(payload),
                Data(chain),
            ])
        try db.run(
            "UPDATE rooms SET head = ?, head_time = ?, chain = ?, last_commit = ? WHERE id = ?",
            [Int64(clamping: head), time.stored, Data(chain), Int64(clamping: lastCommit), id])
        return Entry(seq: head, time: time, poster: poster, entryClass: entryClass, payload: payload, chain: chain)
    }

    /// Devices that may see the room's next entries.
    func audience(in db: Connection) throws -> [DeviceID] {
        try db.rows("SELECT device FROM members WHERE room = ? AND released AND removed IS NULL", [id]).map {
            try $0.identifier(0)
        }
    }
}
