import Foundation
import MLS
import SQLite
import Terms

/// Commits that were made and are not known to be in the log.
extension VaultTransaction {
    func pendingCommit(of room: RoomID) throws -> PendingPost? {
        guard
            let row = try connection.row("SELECT * FROM pending_commits WHERE room = ?", [Data(room.bytes)])
        else { return nil }
        let event = try row.data("event")
        let hash = try row.data("payload_hash")
        guard let event = EventID([UInt8](event)) else { throw Vault.damaged }
        return PendingPost(
            event: event, payloadHash: [UInt8](hash),
            post: try cipher.open(row.data("sealed_post"), place: "pending_commits/\(room)/post"),
            next: try Group(
                serialized: cipher.openSecret(row.data("sealed_group"), place: "pending_commits/\(room)/group")))
    }

    func store(_ pending: PendingPost, room: RoomID) throws {
        try connection.run(
            """
            INSERT OR REPLACE INTO pending_commits (room, event, payload_hash, sealed_post, sealed_group)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                Data(room.bytes), Data(pending.event.bytes), Data(pending.payloadHash),
                try cipher.seal(pending.post, place: "pending_commits/\(room)/post"),
                try cipher.sealSecret(pending.next.serialized(), place: "pending_commits/\(room)/group"),
            ])
    }

    /// Rooms with a commit that was made and is not known to be in the log.
    func roomsWithPendingCommit() throws -> [RoomID] {
        try connection.rows("SELECT room FROM pending_commits ORDER BY rowid").compactMap {
            RoomID([UInt8](try $0.data("room")))
        }
    }

    func deletePendingCommit(of room: RoomID) throws {
        try connection.run("DELETE FROM pending_commits WHERE room = ?", [Data(room.bytes)])
    }
}
