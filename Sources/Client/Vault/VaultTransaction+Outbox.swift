import Foundation
import SQLite
import Terms

/// What waits to be sent.
extension VaultTransaction {
    /// - Returns: the item's number.
    func enqueue(_ content: OutboxContent, event: EventID, room: RoomID) throws -> Int64 {
        try connection.run(
            "INSERT INTO outbox (event, room, kind, sealed) VALUES (?, ?, ?, ?)",
            [
                Data(event.bytes), Data(room.bytes), content.kind,
                try cipher.sealJSON(content, place: "outbox/\(event)"),
            ])
        return connection.lastInsertedRowID
    }

    /// What waits, oldest first; before it what rooms wait for to be decided [R4].
    func outbox() throws -> [OutboxItem] {
        try connection.rows(
            "SELECT id, event, room, sealed FROM outbox ORDER BY kind IN ('fault', 'leadStatement', 'goingOn') DESC, id"
        ).map { try item($0) }
    }

    /// An item as it is now; nil where it was sent or dropped, by another process perhaps.
    func outboxItem(_ id: Int64) throws -> OutboxItem? {
        try connection.row("SELECT id, event, room, sealed FROM outbox WHERE id = ?", [id])
            .map { try item($0) }
    }

    private func item(_ row: Row) throws -> OutboxItem {
        let eventBytes = try row.data("event")
        let roomBytes = try row.data("room")
        guard let event = EventID([UInt8](eventBytes)), let room = RoomID([UInt8](roomBytes)) else {
            throw Vault.damaged
        }
        return OutboxItem(
            id: try row.integer("id"), event: event, room: room,
            content: try cipher.openJSON(OutboxContent.self, row.data("sealed"), place: "outbox/\(event)"))
    }

    func replace(_ item: OutboxItem) throws {
        try connection.run(
            "UPDATE outbox SET event = ?, room = ?, kind = ?, sealed = ? WHERE id = ?",
            [
                Data(item.event.bytes), Data(item.room.bytes), item.content.kind,
                try cipher.sealJSON(item.content, place: "outbox/\(item.event)"), item.id,
            ])
    }

    func delete(_ item: OutboxItem) throws {
        try connection.run("DELETE FROM outbox WHERE id = ?", [item.id])
    }

    /// Whether something waits to be sent to a room.
    func isQueued(for room: RoomID) throws -> Bool {
        try connection.row("SELECT 1 FROM outbox WHERE room = ? LIMIT 1", [Data(room.bytes)]) != nil
    }

    /// Whether something waits that goes before what people say: see ``OutboxContent/goesFirst``.
    func waitsFirst(for room: RoomID) throws -> Bool {
        try isQueued(kind: "fault", for: room) || isQueued(kind: "goingOn", for: room)
    }

    func isQueued(kind: String, for room: RoomID) throws -> Bool {
        try connection.row("SELECT 1 FROM outbox WHERE room = ? AND kind = ? LIMIT 1", [Data(room.bytes), kind]) != nil
    }

    func queuedCount() throws -> Int {
        Int(try connection.number("SELECT count(*) FROM outbox") ?? 0)
    }
}
