import CallList
import Foundation
import GRDB
import RelayAPI

/// A room's row, and what changes it within a transaction.
struct RoomRow {
    let id: Int64
    let room: RoomID
    let kind: RoomKind
    let creator: DeviceID
    var head: UInt64
    var headTime: UInt64
    var chain: [UInt8]
    var lastCommit: UInt64
    var closed: Bool
    var releasedSteps: Int

    private static let columns =
        "id, room, kind, head, head_time, chain, last_commit, closed_at, released_steps, creator"

    /// - Throws: `roomUnknown`.
    static func find(_ room: RoomID, in db: Database) throws -> RoomRow {
        guard let row = try find(optional: room, in: db) else { throw Problem.roomUnknown }
        return row
    }

    static func find(optional room: RoomID, in db: Database) throws -> RoomRow? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM rooms WHERE room = ?")
        return try Row.fetchOne(statement, arguments: [Data(room.bytes)]).map { try RoomRow($0) }
    }

    static func find(id: Int64, in db: Database) throws -> RoomRow? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM rooms WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { try RoomRow($0) }
    }

    private init(_ row: Row) throws {
        guard let room = RoomID(try row.bytes(1)),
            let kind = UInt8(exactly: try row.unsigned(2)).flatMap({ RoomKind(rawValue: $0) }),
            let creator = DeviceID(try row.bytes(9))
        else { throw Problem.internalError }
        id = try row.decode(Int64.self, atIndex: 0)
        self.room = room
        self.kind = kind
        self.creator = creator
        head = try row.unsigned(3)
        headTime = try row.unsigned(4)
        chain = try row.bytes(5)
        lastCommit = try row.unsigned(6)
        closed = try row.decode(Int64?.self, atIndex: 7) != nil
        releasedSteps = try row.decode(Int.self, atIndex: 8)
    }

    /// Writes an entry with the next number. A room's time never runs backwards, whatever the clock does and in whatever
    /// order requests get here.
    mutating func append(
        _ entryClass: EntryClass, payload: [UInt8], poster: DeviceID, at now: RelayTime, in db: Database
    ) throws -> Entry {
        head += 1
        headTime = max(headTime, now.milliseconds)
        let time = RelayTime(milliseconds: headTime)
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
    func audience(in db: Database) throws -> [DeviceID] {
        let statement = try db.cachedStatement(
            sql: "SELECT device FROM members WHERE room = ? AND released AND removed IS NULL")
        return try Data.fetchAll(statement, arguments: [id]).compactMap { DeviceID([UInt8]($0)) }
    }

    func stepCount(in db: Database) throws -> Int {
        Int(try db.number("SELECT count(*) FROM steps WHERE room = ?", [id]) ?? 0)
    }
}
