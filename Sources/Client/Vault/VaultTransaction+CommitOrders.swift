import Foundation
import MLS
import RelayAPI
import SQLite
import Terms

/// Commits that the log has not decided, and what is kept for the case that one is skipped [R4].
extension VaultTransaction {
    // MARK: The order

    /// - Returns: nil where this device has read no commit.
    func commitOrder(of room: RoomID) throws -> CommitOrder? {
        try connection.row("SELECT sealed FROM commit_orders WHERE room = ?", [Data(room.bytes)]).map {
            try cipher.openJSON(CommitOrder.self, $0.data("sealed"), place: "commit_orders/\(room)")
        }
    }

    /// - Parameter replaceAt: when this device may replace the commit that it waits for.
    func store(_ order: CommitOrder, replaceAt: Timestamp?, of room: RoomID) throws {
        try connection.run(
            "INSERT OR REPLACE INTO commit_orders (room, replace_at, sealed) VALUES (?, ?, ?)",
            [
                Data(room.bytes), replaceAt.map { Int64(clamping: $0.milliseconds) },
                try cipher.sealJSON(order, place: "commit_orders/\(room)"),
            ])
    }

    /// Rooms in which this device may take the place of a commit that it cannot use, by now.
    func roomsToDecide(at now: Timestamp) throws -> [RoomID] {
        try connection.rows(
            "SELECT room FROM commit_orders WHERE replace_at <= ? ORDER BY replace_at",
            [Int64(clamping: now.milliseconds)]
        ).map { try $0.identifier("room") }
    }

    /// All of it, with the states that were kept: nothing of it concerns this device any more.
    func deleteCommitOrder(of room: RoomID) throws {
        try connection.run("DELETE FROM commit_orders WHERE room = ?", [Data(room.bytes)])
        try connection.run("DELETE FROM earlier_groups WHERE room = ?", [Data(room.bytes)])
    }

    // MARK: Earlier epochs

    /// A state to go back to, and its epoch's chain up to the last entry that was read.
    struct EarlierEpoch {
        let group: Group
        let chain: [UInt8]
    }

    /// The epoch that a commit began.
    func earlierEpoch(of room: RoomID, begunBy commit: UInt64) throws -> EarlierEpoch? {
        guard let commit = Int64(exactly: commit) else { return nil }
        return try connection.row(
            "SELECT chain, sealed FROM earlier_groups WHERE room = ? AND epoch_commit = ?", [Data(room.bytes), commit]
        ).map {
            EarlierEpoch(
                group: try Group(serialized: cipher.openSecret($0.data("sealed"), place: place(room, UInt64(commit)))),
                chain: try $0.bytes("chain"))
        }
    }

    func keep(_ epoch: EarlierEpoch, of room: RoomID, begunBy commit: UInt64) throws {
        try connection.run(
            "INSERT OR REPLACE INTO earlier_groups (room, epoch_commit, chain, sealed) VALUES (?, ?, ?, ?)",
            [
                Data(room.bytes), try commit.stored(), Data(epoch.chain),
                try cipher.sealSecret(epoch.group.serialized(), place: place(room, commit)),
            ])
    }

    /// Carries the chains of all earlier epochs of a room on over an entry.
    func extendEarlierChains(of room: RoomID, by entry: Entry) throws {
        for row in try connection.rows(
            "SELECT epoch_commit, chain FROM earlier_groups WHERE room = ?", [Data(room.bytes)])
        {
            let next = LogChain.next(
                try row.bytes("chain"), seq: entry.seq, time: entry.time, poster: entry.poster,
                entryClass: entry.entryClass, payload: entry.payload)
            try connection.run(
                "UPDATE earlier_groups SET chain = ? WHERE room = ? AND epoch_commit = ?",
                [Data(next), Data(room.bytes), try row.integer("epoch_commit")])
        }
    }

    /// Forgets all states but those of `commits`.
    /// - Returns: whether any was there.
    func deleteEarlierEpochs(of room: RoomID, except commits: Set<UInt64>) throws -> Bool {
        let kept = try connection.rows("SELECT epoch_commit FROM earlier_groups WHERE room = ?", [Data(room.bytes)])
        let gone = try kept.map { try $0.unsigned("epoch_commit") }.filter { !commits.contains($0) }
        for commit in gone {
            try connection.run(
                "DELETE FROM earlier_groups WHERE room = ? AND epoch_commit = ?",
                [Data(room.bytes), try commit.stored()])
        }
        return !gone.isEmpty
    }

    private func place(_ room: RoomID, _ commit: UInt64) -> String { "earlier_groups/\(room)/\(commit)" }

    // MARK: Who said so

    /// Devices that ever said that they could not use a commit; nil where this device came in later than some may have.
    func faulters(of room: RoomID) throws -> Set<DeviceID>? {
        let first = try connection.number("SELECT min(seq) FROM log WHERE room = ?", [Data(room.bytes)])
        guard let first, first <= Int64(Room.foundingCommit) else { return nil }
        return Set(
            try connection.rows("SELECT device FROM faulters WHERE room = ?", [Data(room.bytes)]).map {
                try $0.identifier("device")
            })
    }

    /// Those that lost their place by it, as far as this device knows, and were not added anew since.
    func lostDevices(of room: RoomID) throws -> Set<DeviceID> {
        Set(
            try connection.rows("SELECT device FROM faulters WHERE room = ? AND is_lost", [Data(room.bytes)]).map {
                try $0.identifier("device")
            })
    }

    /// - Parameter isLost: whether the commit that it cannot use stands; nil leaves what is known of the device.
    func note(faulter device: DeviceID, isLost: Bool?, of room: RoomID) throws {
        try connection.run(
            """
            INSERT INTO faulters (room, device, is_lost) VALUES (?1, ?2, coalesce(?3, 0))
            ON CONFLICT (room, device) DO UPDATE SET is_lost = coalesce(?3, is_lost)
            """, [Data(room.bytes), Data(device.bytes), isLost])
    }

    func note(added device: DeviceID, of room: RoomID) throws {
        try connection.run(
            "UPDATE faulters SET is_lost = 0 WHERE room = ? AND device = ?", [Data(room.bytes), Data(device.bytes)])
    }
}
