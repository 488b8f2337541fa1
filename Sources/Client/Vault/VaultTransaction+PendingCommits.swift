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

    // MARK: The end of it

    /// How many states of dropped commits are kept for each room.
    private static let droppedStates = 4

    /// A pending commit is not posted any more, and its epoch goes on: it is known should the log have it after all.
    func dropPendingCommit(of room: RoomID) throws {
        try connection.run(
            """
            REPLACE INTO dropped_commits (room, payload_hash, sealed_group)
            SELECT room, payload_hash, sealed_group FROM pending_commits WHERE room = ?
            """, [room])
        try connection.run(
            """
            UPDATE dropped_commits SET sealed_group = NULL WHERE room = ? AND sealed_group IS NOT NULL AND id NOT IN
                (SELECT id FROM dropped_commits WHERE room = ? ORDER BY id DESC LIMIT ?)
            """, [room, room, Self.droppedStates])
        try connection.run("DELETE FROM pending_commits WHERE room = ?", [room])
    }

    /// What an own commit that was dropped leads to; the inner nil where that is not kept any more.
    /// - Parameter hash: see ``PendingPost/hash(_:)``.
    /// - Returns: nil where no such commit was dropped in the room's present epoch.
    func droppedCommit(_ hash: [UInt8], of room: RoomID) throws -> Group?? {
        try connection.row(
            "SELECT sealed_group FROM dropped_commits WHERE room = ? AND payload_hash = ?", [room, Data(hash)]
        ).map { row in
            try row.optional("sealed_group", Row.data).map {
                try Group(serialized: cipher.openSecret($0, place: "pending_commits/\(room)/group"))
            }
        }
    }

    /// The epoch is over, or the room is: no own commit of it can come any more.
    func deleteOwnCommits(of room: RoomID) throws {
        for table in ["pending_commits", "dropped_commits"] {
            try connection.run("DELETE FROM \(table) WHERE room = ?", [room])
        }
    }
}
