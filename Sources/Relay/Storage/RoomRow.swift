import CallList
import Foundation
import GRDB
import RelayAPI

/// A room's row, and what changes it within a transaction.
struct RoomRow {
    let id: Int64
    let room: RoomID
    let kind: RoomKind
    let creator: Data
    var head: UInt64
    var headTime: UInt64
    var chain: [UInt8]
    var lastCommit: UInt64
    var closed: Bool
    var releasedSteps: Int

    private static let columns = "id, room, kind, creator, head, head_time, chain, last_commit, closed_at, released_steps"

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
        let bytes: Data = row["room"]
        let kindNumber: Int = row["kind"]
        guard let room = RoomID([UInt8](bytes)), let kind = RoomKind(rawValue: UInt8(truncatingIfNeeded: kindNumber))
        else { throw Problem.internalError }
        let head: Int64 = row["head"]
        let headTime: Int64 = row["head_time"]
        let lastCommit: Int64 = row["last_commit"]
        let chain: Data = row["chain"]
        let closedAt: Int64? = row["closed_at"]
        id = row["id"]
        self.room = room
        self.kind = kind
        creator = row["creator"]
        self.head = UInt64(head)
        self.headTime = UInt64(headTime)
        self.chain = [UInt8](chain)
        self.lastCommit = UInt64(lastCommit)
        closed = closedAt != nil
        releasedSteps = row["released_steps"]
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
        try db.cachedStatement(
            sql: "INSERT INTO entries (room, seq, time, poster, class, payload, chain) VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            id, Int64(head), Int64(headTime), Data(poster.bytes), Int(entryClass.rawValue), Data(payload),
            Data(chain),
        ])
        try db.cachedStatement(
            sql: "UPDATE rooms SET head = ?, head_time = ?, chain = ?, last_commit = ? WHERE id = ?"
        ).execute(arguments: [Int64(head), Int64(headTime), Data(chain), Int64(lastCommit), id])
        return Entry(seq: head, time: time, poster: poster, entryClass: entryClass, payload: payload, chain: chain)
    }

    /// Devices that may see the room's next entries.
    func audience(in db: Database) throws -> [DeviceID] {
        let statement = try db.cachedStatement(
            sql: "SELECT device FROM members WHERE room = ? AND released AND removed IS NULL")
        return try Data.fetchAll(statement, arguments: [id]).compactMap { DeviceID([UInt8]($0)) }
    }

    // MARK: Members

    struct MemberRow {
        let joined: UInt64
        let removed: UInt64?
        let released: Bool
    }

    func member(_ device: DeviceID, in db: Database) throws -> MemberRow? {
        let statement = try db.cachedStatement(
            sql: "SELECT joined, removed, released FROM members WHERE room = ? AND device = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id, Data(device.bytes)]) else { return nil }
        let joined: Int64 = row["joined"]
        let removed: Int64? = row["removed"]
        return MemberRow(joined: UInt64(joined), removed: removed.map { UInt64($0) }, released: row["released"])
    }

    /// Makes members of a commit's joiners, and keeps their Welcomes.
    /// - Throws: `limitReached`.
    func add(
        _ header: CommitHeader, welcomes: [WelcomeDelivery], seq: UInt64, limits: RelayLimits, in db: Database
    ) throws {
        for device in header.adds {
            let delivery = welcomes.first { $0.devices.contains(device) }
            let step = Int(delivery?.step ?? 0)
            try db.execute(
                sql: """
                    INSERT INTO members (room, device, joined, step, released) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (room, device) DO UPDATE SET
                        joined = excluded.joined, removed = NULL, step = excluded.step, released = excluded.released
                    """,
                arguments: [id, Data(device.bytes), Int64(seq), step, step <= max(1, releasedSteps)])
        }
        let members = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM members WHERE room = ? AND removed IS NULL", arguments: [id])
        guard (members ?? 0) <= limits.membersPerRoom else {
            throw Problem.limitReached("a room has at most \(limits.membersPerRoom) devices")
        }
        for delivery in welcomes {
            try db.execute(
                sql: "INSERT INTO welcome_bodies (room, body) VALUES (?, ?)", arguments: [id, Data(delivery.welcome)])
            let body = db.lastInsertedRowID
            for device in delivery.devices where header.adds.contains(device) {
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO welcomes (room, device, seq, time, chain, body)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [id, Data(device.bytes), Int64(seq), Int64(headTime), Data(chain), body])
            }
        }
    }

    /// Stops delivery to removed devices beyond the commit that removes them [R4].
    func remove(_ devices: [DeviceID], seq: UInt64, in db: Database) throws {
        for device in devices {
            try db.execute(
                sql: "UPDATE members SET removed = ? WHERE room = ? AND device = ? AND removed IS NULL",
                arguments: [Int64(seq), id, Data(device.bytes)])
            try db.execute(
                sql: "DELETE FROM welcomes WHERE room = ? AND device = ?", arguments: [id, Data(device.bytes)])
        }
        try dropUnusedBodies(in: db)
    }

    /// Welcomes that nobody waits for any more.
    func dropUnusedBodies(in db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM welcome_bodies WHERE room = ?
                AND NOT EXISTS (SELECT 1 FROM welcomes WHERE welcomes.body = welcome_bodies.id)
                """, arguments: [id])
    }
}
