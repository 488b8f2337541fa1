import Foundation
import Incident
import MLS
import RelayAPI
import SQLite
import Sodium
import Terms

/// Something to be sent, kept until a relay said that it is durable there.
struct OutboxItem: Sendable {
    let id: Int64
    let event: EventID
    let room: RoomID
    var content: OutboxContent
}

enum OutboxContent: Codable, Sendable {
    /// A room to be made. `built` once its key packages were claimed and its first entries encrypted.
    case creation(RoomDraft, built: BuiltRoom?)
    /// An event, and how it was last encrypted.
    case message(EventDraft, encrypted: EncryptedEvent?)
    /// A signed statement, as it goes on the wire.
    case statement(Data)

    var kind: String {
        switch self {
        case .creation: "creation"
        case .message: "message"
        case .statement: "statement"
        }
    }
}

/// What is to be said; where the log stands is added at encryption.
struct EventDraft: Codable, Sendable {
    let id: EventID
    let at: Timestamp
    let tlp: TLP
    /// An ``Event`` in JSON whose `seen` and `calllist` are still to be filled in.
    let template: Data
    let closesRoom: Bool
    /// The alert that this repeats: it becomes a page of its own where its room cannot take it any more.
    var alert: PageDraft?
}

/// One encryption of an event: valid for one epoch.
struct EncryptedEvent: Codable, Sendable {
    /// The members' chain at the epoch's start: a number alone would not tell a fork or a second life of the room apart.
    let epoch: Data
    let payload: Data
}

/// A pending commit: the bytes to post, and the state to go on with once the log has them.
struct PendingPost: Sendable {
    let event: EventID
    let payloadHash: [UInt8]
    /// An encoded ``EntryPost``.
    let post: [UInt8]
    let next: Group

    static func hash(_ payload: [UInt8]) -> [UInt8] { SHA256.hash(payload) }
}

extension Vault {
    // MARK: Outbox

    /// - Returns: the item's number.
    func enqueue(_ content: OutboxContent, event: EventID, room: RoomID, in db: VaultTransaction) throws -> Int64 {
        try db.connection.run(
            "INSERT INTO outbox (event, room, kind, sealed) VALUES (?, ?, ?, ?)",
            [
                Data(event.bytes), Data(room.bytes), content.kind, try sealJSON(content, place: "outbox/\(event)"),
            ])
        return db.connection.lastInsertedRowID
    }

    /// What waits, oldest first.
    func outbox() throws -> [OutboxItem] { try read { try outbox(in: $0) } }

    func outbox(in db: VaultTransaction) throws -> [OutboxItem] {
        try db.connection.rows("SELECT id, event, room, sealed FROM outbox ORDER BY id").map { try item($0) }
    }

    /// An item as it is now; nil where it was sent or dropped, by another process perhaps.
    func outboxItem(_ id: Int64, in db: VaultTransaction) throws -> OutboxItem? {
        try db.connection.row("SELECT id, event, room, sealed FROM outbox WHERE id = ?", [id])
            .map { try item($0) }
    }

    private func item(_ row: Row) throws -> OutboxItem {
        let eventBytes = try row.data("event")
        let roomBytes = try row.data("room")
        guard let event = EventID([UInt8](eventBytes)), let room = RoomID([UInt8](roomBytes)) else {
            throw Self.damaged
        }
        return OutboxItem(
            id: try row.integer("id"), event: event, room: room,
            content: try openJSON(OutboxContent.self, row.data("sealed"), place: "outbox/\(event)"))
    }

    func replace(_ item: OutboxItem, in db: VaultTransaction) throws {
        try db.connection.run(
            "UPDATE outbox SET event = ?, room = ?, kind = ?, sealed = ? WHERE id = ?",
            [
                Data(item.event.bytes), Data(item.room.bytes), item.content.kind,
                try sealJSON(item.content, place: "outbox/\(item.event)"), item.id,
            ])
    }

    func delete(_ item: OutboxItem, in db: VaultTransaction) throws {
        try db.connection.run("DELETE FROM outbox WHERE id = ?", [item.id])
    }

    func queuedCount() throws -> Int {
        try read { Int(try $0.connection.number("SELECT count(*) FROM outbox") ?? 0) }
    }

    // MARK: Pending commits

    func pendingCommit(of room: RoomID, in db: VaultTransaction) throws -> PendingPost? {
        guard
            let row = try db.connection.row("SELECT * FROM pending_commits WHERE room = ?", [Data(room.bytes)])
        else { return nil }
        let event = try row.data("event")
        let hash = try row.data("payload_hash")
        guard let event = EventID([UInt8](event)) else { throw Self.damaged }
        return PendingPost(
            event: event, payloadHash: [UInt8](hash),
            post: try open(row.data("sealed_post"), place: "pending_commits/\(room)/post"),
            next: try Group(serialized: openSecret(row.data("sealed_group"), place: "pending_commits/\(room)/group")))
    }

    func store(_ pending: PendingPost, room: RoomID, in db: VaultTransaction) throws {
        try db.connection.run(
            """
            INSERT OR REPLACE INTO pending_commits (room, event, payload_hash, sealed_post, sealed_group)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                Data(room.bytes), Data(pending.event.bytes), Data(pending.payloadHash),
                try seal(pending.post, place: "pending_commits/\(room)/post"),
                try sealSecret(pending.next.serialized(), place: "pending_commits/\(room)/group"),
            ])
    }

    /// Rooms with a commit that was made and is not known to be in the log.
    func roomsWithPendingCommit() throws -> [RoomID] {
        try read { db in
            try db.connection.rows("SELECT room FROM pending_commits ORDER BY rowid").compactMap {
                RoomID([UInt8](try $0.data("room")))
            }
        }
    }

    func deletePendingCommit(of room: RoomID, in db: VaultTransaction) throws {
        try db.connection.run("DELETE FROM pending_commits WHERE room = ?", [Data(room.bytes)])
    }
}
