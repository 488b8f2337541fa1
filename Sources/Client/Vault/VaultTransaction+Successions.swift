import Foundation
import SQLite
import Terms

/// Which rooms are in the place of broken ones [R8].
extension VaultTransaction {
    /// How many rooms in a row are followed.
    private static let longest = 64

    func note(_ room: RoomID, succeeds old: RoomID, by founder: DeviceID, isByLead: Bool, members: Int) throws {
        try connection.run(
            "INSERT OR REPLACE INTO successions (room, old, founder, by_lead, members) VALUES (?, ?, ?, ?, ?)",
            [Data(room.bytes), Data(old.bytes), Data(founder.bytes), isByLead, members])
    }

    /// Where what is said in a room is to be said now: in the room itself, or in one that took its place. A lead's comes first, then
    /// that of more members; whoever knows the same rooms comes to the same one.
    func current(_ room: RoomID) throws -> RoomID {
        var room = room
        for _ in 0..<Self.longest {
            if let next = try successor(of: room) {
                room = next
            } else if let old = try predecessor(of: room), let best = try successor(of: old), best != room {
                room = best
            } else {
                return room
            }
        }
        return room
    }

    /// One that no lead made is followed only from a room that is broken here, too.
    private func successor(of old: RoomID) throws -> RoomID? {
        guard let isForgotten = try position(in: old)?.isForgotten else { return nil }
        return try connection.row(
            """
            SELECT room FROM successions WHERE old = ? AND (by_lead OR ?)
            ORDER BY by_lead DESC, members DESC, room LIMIT 1
            """, [Data(old.bytes), isForgotten]
        ).map { try $0.identifier("room") }
    }

    private func predecessor(of room: RoomID) throws -> RoomID? {
        try connection.row("SELECT old FROM successions WHERE room = ?", [Data(room.bytes)]).map {
            try $0.identifier("old")
        }
    }
}
