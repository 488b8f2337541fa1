import RelayAPI
import SQLite
import Terms

/// What devices take on the disk, by room and in all [R19]. It is given back when the room is deleted.
enum StoredBytes {
    /// What an entry, and the answer that is kept for its retry, take beside the payload.
    private static let entryOverhead = 512
    private static let welcomeOverhead = 128

    /// What a change adds to the disk, of what its author sent.
    static func added(by transition: RoomTransition, of device: DeviceID) -> Int {
        transition.changes.reduce(0) { sum, change in
            switch change {
            case .entry(let entry) where entry.poster == device: sum + entry.payload.count + entryOverhead
            case .welcome(let body, let devices, _): sum + body.count + welcomeOverhead * devices.count
            default: sum
            }
        }
    }

    /// Counts them, in the same transaction as the change.
    /// - Parameter isFirst: what a page hangs on may go beyond the limits by an eighth.
    /// - Throws: `limitReached`.
    static func count(
        _ added: Int, of device: DeviceID, in room: Int64, of kind: RoomKind, isFirst: Bool, limits: RelayLimits,
        in db: Connection
    ) throws {
        let stored = try db.number(
            """
            INSERT INTO room_bytes (room, device, bytes) VALUES (?, ?, ?)
            ON CONFLICT (room, device) DO UPDATE SET bytes = bytes + excluded.bytes RETURNING bytes
            """, [room, device, added])
        try check(stored, ofRoom: kind, isFirst: isFirst, limits: limits)
        try count(added, of: device, isFirst: isFirst, limits: limits, in: db)
    }

    /// Counts bytes that are in no room.
    /// - Throws: `limitReached`.
    static func count(_ added: Int, of device: DeviceID, isFirst: Bool, limits: RelayLimits, in db: Connection) throws {
        let stored = try db.number(
            """
            INSERT INTO device_bytes (device, bytes) VALUES (?, ?)
            ON CONFLICT (device) DO UPDATE SET bytes = bytes + excluded.bytes RETURNING bytes
            """, [device, added])
        try check(stored, isFirst: isFirst, limits: limits)
    }

    /// What a device has in a room, and in all.
    static func stored(by device: DeviceID, in room: Int64, in db: Connection) throws -> (inRoom: Int64, inAll: Int64) {
        let stored = try db.first(
            """
            SELECT (SELECT bytes FROM room_bytes WHERE room = ?1 AND device = ?2),
                (SELECT bytes FROM device_bytes WHERE device = ?2)
            """, [room, device]
        ) { (try $0.optional(0) { $0.integer }, try $0.optional(1) { $0.integer }) }
        return (stored?.0 ?? 0, stored?.1 ?? 0)
    }

    static func put(_ bytes: Int64, of device: DeviceID, in room: Int64, in db: Connection) throws {
        try db.run("REPLACE INTO room_bytes (room, device, bytes) VALUES (?, ?, ?)", [room, device, bytes])
    }

    static func put(_ bytes: Int64, of device: DeviceID, in db: Connection) throws {
        try db.run("REPLACE INTO device_bytes (device, bytes) VALUES (?, ?)", [device, bytes])
    }

    // MARK: Limits

    /// - Throws: `limitReached`. What goes beyond is undone with the rest of the write.
    static func check(_ stored: Int64?, ofRoom kind: RoomKind, isFirst: Bool, limits: RelayLimits) throws {
        let most = kind == .page ? limits.pageBytesPerDevice : limits.roomBytesPerDevice
        try check(stored, limit: most, isFirst: isFirst, "a device keeps at most \(most) bytes in this room")
    }

    static func check(_ stored: Int64?, isFirst: Bool, limits: RelayLimits) throws {
        let most = limits.storedBytesPerDevice
        try check(stored, limit: most, isFirst: isFirst, "a device keeps at most \(most) bytes here")
    }

    private static func check(_ stored: Int64?, limit: Int, isFirst: Bool, _ detail: String) throws {
        let most = Int64(clamping: limit) + (isFirst ? Int64(clamping: limit / 8) : 0)
        guard let stored, stored <= most else { throw Problem.limitReached(detail) }
    }

    // MARK: Given back

    /// A room is deleted.
    static func giveBack(room: Int64, in db: Connection) throws {
        for row in try db.rows("SELECT device, bytes FROM room_bytes WHERE room = ?", [room]) {
            try giveBack(try row.integer(1), of: try row.identifier(0), in: db)
        }
        try db.run("DELETE FROM room_bytes WHERE room = ?", [room])
    }

    static func giveBack(_ bytes: Int64, of device: DeviceID, in db: Connection) throws {
        try db.run("UPDATE device_bytes SET bytes = max(0, bytes - ?) WHERE device = ?", [bytes, device])
        try db.run("DELETE FROM device_bytes WHERE device = ? AND bytes = 0", [device])
    }
}
