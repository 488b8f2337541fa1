import Foundation
import MLS
import SQLite
import Sodium
import Terms

/// Rooms: heads in one table, secrets in another, so that what asks about rooms unseals no group.
extension VaultTransaction {
    func head(_ room: RoomID) throws -> RoomHead? {
        try connection.row("SELECT * FROM rooms WHERE room = ?", [Data(room.bytes)]).map { try head($0) }
    }

    /// How far this device has read a room, without unsealing anything.
    /// - Returns: also whether it is out of an incident room, or lost its place: nothing more is for it until it is added
    /// anew; and whether its relay forgot the room.
    func position(in room: RoomID) throws -> (cursor: UInt64, closed: Bool, isOut: Bool, isForgotten: Bool)? {
        try connection.row(
            "SELECT cursor, closed, kind, lost, forgotten FROM rooms WHERE room = ?", [Data(room.bytes)]
        ).map {
            let closed = try $0.flag("closed")
            let isIncident = try $0.unsigned("kind") == UInt64(RoomKind.incident.rawValue)
            return (
                try $0.unsigned("cursor"), closed, try closed && isIncident || $0.flag("lost"), try $0.flag("forgotten")
            )
        }
    }

    /// Newest first.
    /// - Parameter limit: nil for all.
    func heads(includingClosed: Bool, limit: Int?) throws -> [RoomHead] {
        let sql =
            includingClosed
            ? "SELECT * FROM rooms ORDER BY since DESC, id DESC LIMIT ?"
            : "SELECT * FROM rooms WHERE closed = 0 ORDER BY since DESC, id DESC LIMIT ?"
        return try connection.rows(sql, [limit ?? -1]).map { try head($0) }
    }

    /// Rooms whose id's digits begin with `digits`, in the order of their ids.
    func rooms(beginningWith digits: String, limit: Int) throws -> [RoomID] {
        let length = 2 * RoomID.length
        guard digits.utf8.count <= length,
            let first = Hexadecimal.decode(digits + String(repeating: "0", count: length - digits.utf8.count)),
            let last = Hexadecimal.decode(digits + String(repeating: "f", count: length - digits.utf8.count))
        else { return [] }
        return try connection.rows(
            "SELECT room FROM rooms WHERE room BETWEEN ? AND ? ORDER BY room LIMIT ?", [Data(first), Data(last), limit]
        ).map { try $0.identifier("room") }
    }

    func openRoomCount() throws -> Int {
        Int(try connection.number("SELECT count(*) FROM rooms WHERE closed = 0") ?? 0)
    }

    /// The newest open page that will do.
    /// - Parameter tag: of the trouble that it must be about; nil for any.
    func newestOpenPage(
        deduplication tag: [UInt8]? = nil, where isFit: (RoomRecord) throws -> Bool
    ) throws -> RoomID? {
        var found: RoomID?
        func look(_ row: Row) throws -> Bool {
            let head = try head(row)
            if head.kind == .page, try isFit(try record(head)) { found = head.room }
            return found == nil
        }
        if let tag {
            try connection.each(
                "SELECT * FROM rooms WHERE deduplication = ? AND closed = 0 ORDER BY since DESC, id DESC", [Data(tag)],
                look)
        } else {
            try connection.each("SELECT * FROM rooms WHERE closed = 0 ORDER BY since DESC, id DESC", [], look)
        }
        return found
    }

    /// Pages to be wiped by now [R12].
    func pagesOver(at now: Timestamp) throws -> [RoomID] {
        try connection.rows(
            "SELECT room FROM rooms WHERE closed = 0 AND wipe_at <= ?", [Int64(clamping: now.milliseconds / 1000)]
        ).map { try $0.identifier("room") }
    }

    /// The room in which this device is to renew its keys by now, the longest due first [R21].
    func roomToHeal(at now: Timestamp) throws -> RoomID? {
        let due = try connection.row(
            "SELECT room FROM rooms WHERE closed = 0 AND forgotten = 0 AND heal_at <= ? ORDER BY heal_at LIMIT 1",
            [Int64(clamping: now.milliseconds)])
        let far = Int64(clamping: now.adding(seconds: Healing.farthest).milliseconds)
        return try
            (due
            ?? connection.row(
                "SELECT room FROM rooms WHERE closed = 0 AND forgotten = 0 AND heal_at > ? LIMIT 1", [far]))
            .map {
                try $0.identifier("room")
            }
    }

    private func head(_ row: Row) throws -> RoomHead {
        let room: RoomID = try row.identifier("room")
        guard let kind = UInt8(exactly: try row.unsigned("kind")).flatMap({ RoomKind(rawValue: $0) }) else {
            throw Vault.damaged
        }
        return RoomHead(
            room: room, kind: kind, since: try row.time("since"),
            deduplication: try row.optional("deduplication", Row.bytes),
            cursor: try row.unsigned("cursor"), readCursor: try row.unsigned("read_cursor"),
            closed: try row.flag("closed"), lost: try row.flag("lost"),
            quarantined: try row.optional("quarantined", Row.text),
            epochCommit: try row.unsigned("epoch_commit"), relayChain: try row.bytes("relay_chain"),
            highestEpoch: try row.unsigned("highest_epoch"), isForgotten: try row.flag("forgotten"),
            healing: try row.optional("heal_at", Row.time),
            unread: try row.count("unread"),
            summary: try cipher.openJSON(
                RoomHead.Summary.self, row.data("sealed_summary"), place: "rooms/\(room)/summary"))
    }

    // MARK: Changing

    func insert(_ record: RoomRecord) throws {
        let head = record.head
        try connection.run(
            """
            INSERT INTO rooms (room, kind, since, deduplication, cursor, read_cursor, closed, lost,
                quarantined, epoch_commit, relay_chain, highest_epoch, unread, heal_at, wipe_at, sealed_summary)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Data(head.room.bytes), Int(head.kind.rawValue), head.since.milliseconds,
                head.deduplication.map { Data($0) },
            ]
                + changing(record))
        try storeGroup(of: record)
    }

    func update(_ record: RoomRecord) throws {
        try connection.run(
            """
            UPDATE rooms SET cursor = ?, read_cursor = ?, closed = ?, lost = ?, quarantined = ?, epoch_commit = ?,
                relay_chain = ?, highest_epoch = ?, unread = ?, heal_at = ?, wipe_at = ?, sealed_summary = ? WHERE room = ?
            """, changing(record) + [Data(record.head.room.bytes)])
        try storeGroup(of: record)
    }

    private func changing(_ record: RoomRecord) throws -> [(any Bindable)?] {
        let head = record.head
        return [
            try head.cursor.stored(), try head.readCursor.stored(), head.closed, head.lost, head.quarantined,
            try head.epochCommit.stored(), Data(head.relayChain), try record.highestEpoch.stored(), head.unread,
            head.healing.map { Int64(clamping: $0.milliseconds) },
            head.kind == .page ? head.summary.wipe.map { Int64($0.milliseconds / 1000) } : nil,
            try cipher.sealJSON(head.summary, place: "rooms/\(head.room)/summary"),
        ]
    }

    /// What was shown to a person up to an entry is unread no more.
    func markRead(_ room: RoomID, through seq: UInt64) throws {
        let (id, seq) = (Data(room.bytes), try seq.stored())
        try connection.run(
            """
            UPDATE rooms SET read_cursor = ?,
                unread = (SELECT count(*) FROM log WHERE room = ? AND seq > ? AND is_news)
            WHERE room = ? AND read_cursor < ?
            """, [seq, id, seq, id, seq])
    }

    /// Whether the room's relay does not have it any more; it is not healed then.
    func setForgotten(_ isForgotten: Bool, _ room: RoomID) throws {
        try connection.run("UPDATE rooms SET forgotten = ? WHERE room = ?", [isForgotten, room])
    }

    func quarantineAll(_ reason: String) throws {
        try connection.run("UPDATE rooms SET quarantined = ? WHERE quarantined IS NULL", [reason])
    }

    // MARK: Secrets

    func record(_ room: RoomID) throws -> RoomRecord? { try head(room).map { try record($0) } }

    private func record(_ head: RoomHead) throws -> RoomRecord {
        let row = try connection.row("SELECT sealed FROM groups WHERE room = ?", [Data(head.room.bytes)])
        return RoomRecord(
            head: head,
            group: try row.map { try Group(serialized: cipher.openSecret($0.data("sealed"), place: place(head.room))) },
            order: try commitOrder(of: head.room))
    }

    private func storeGroup(of record: RoomRecord) throws {
        let room = record.head.room
        guard let group = record.group else {
            return try connection.run("DELETE FROM groups WHERE room = ?", [Data(room.bytes)])
        }
        try connection.run(
            "INSERT OR REPLACE INTO groups (room, sealed) VALUES (?, ?)",
            [Data(room.bytes), try cipher.sealSecret(group.serialized(), place: place(room))])
    }

    private func place(_ room: RoomID) -> String { "groups/\(room)" }
}
