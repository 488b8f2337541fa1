import Foundation
import GRDB
import Incident
import MLS
import RelayAPI
import Sodium

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
    let at: RelayTime
    let tlp: TLP
    /// An ``Event`` in JSON whose `seen` and `calllist` are still to be filled in.
    let template: Data
    let closesRoom: Bool
}

/// One encryption of an event: valid for one epoch.
struct EncryptedEvent: Codable, Sendable {
    let epoch: UInt64
    let baseSeq: UInt64
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

    func enqueue(_ content: OutboxContent, event: EventID, room: RoomID) throws {
        try write { db in
            try db.execute(
                sql: "INSERT INTO outbox (event, room, kind, sealed) VALUES (?, ?, ?, ?)",
                arguments: [
                    Data(event.bytes), Data(room.bytes), content.kind, try sealJSON(content, place: "outbox/\(event)"),
                ])
        }
    }

    func outbox() throws -> [OutboxItem] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT id, event, room, sealed FROM outbox ORDER BY id").map { row in
                let eventBytes: Data = row["event"]
                let roomBytes: Data = row["room"]
                guard let event = EventID([UInt8](eventBytes)), let room = RoomID([UInt8](roomBytes)) else {
                    throw Self.damaged
                }
                return OutboxItem(
                    id: row["id"], event: event, room: room,
                    content: try openJSON(OutboxContent.self, row["sealed"], place: "outbox/\(event)"))
            }
        }
    }

    func replace(_ item: OutboxItem, in db: Database) throws {
        try db.execute(
            sql: "UPDATE outbox SET sealed = ? WHERE id = ?",
            arguments: [try sealJSON(item.content, place: "outbox/\(item.event)"), item.id])
    }

    func delete(_ item: OutboxItem, in db: Database) throws {
        try db.execute(sql: "DELETE FROM outbox WHERE id = ?", arguments: [item.id])
    }

    func queuedCount() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox") ?? 0 }
    }

    // MARK: Pending commits

    func pendingCommit(of room: RoomID, in db: Database) throws -> PendingPost? {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM pending_commits WHERE room = ?", arguments: [Data(room.bytes)])
        else { return nil }
        let event: Data = row["event"]
        let hash: Data = row["payload_hash"]
        guard let event = EventID([UInt8](event)) else { throw Self.damaged }
        return PendingPost(
            event: event, payloadHash: [UInt8](hash),
            post: try open(row["sealed_post"], place: "pending_commits/\(room)/post"),
            next: try Group(serialized: openSecret(row["sealed_group"], place: "pending_commits/\(room)/group")))
    }

    func store(_ pending: PendingPost, room: RoomID, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO pending_commits (room, event, payload_hash, sealed_post, sealed_group)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(room.bytes), Data(pending.event.bytes), Data(pending.payloadHash),
                try seal(pending.post, place: "pending_commits/\(room)/post"),
                try sealSecret(pending.next.serialized(), place: "pending_commits/\(room)/group"),
            ])
    }

    func deletePendingCommit(of room: RoomID, in db: Database) throws {
        try db.execute(sql: "DELETE FROM pending_commits WHERE room = ?", arguments: [Data(room.bytes)])
    }
}
