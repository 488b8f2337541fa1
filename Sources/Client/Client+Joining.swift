import Foundation
import Incident
import MLS
import RelayAPI
import Terms

extension Client {
    /// How many Welcomes one request fetches.
    static let welcomesAtOnce = 64

    /// Joins all that this device was invited to, the newest room first.
    func join() async throws {
        var last: PendingWelcome?
        while true {
            let welcomes = try await relay().welcomes(after: last, limit: Self.welcomesAtOnce)
            guard let next = welcomes.last else { break }
            try await join(all: welcomes)
            last = next
        }
        // The private keys that the Welcomes used were deleted.
        vault.truncateLog()
    }

    private func join(all welcomes: [PendingWelcome]) async throws {
        for welcome in welcomes {
            var isDone = true
            do {
                isDone = try await join(welcome)
            } catch let missing as MissingCallList {
                try await fetchCallLists(upTo: missing.pin.version)
                do {
                    isDone = try await join(welcome)
                } catch let missing as MissingCallList {
                    isDone = false
                    try raise("room \(welcome.room.short) waits for call list \(missing.pin.version)")
                }
            }
            guard isDone else { continue }
            try await pullQuietly(welcome.room)
            // One that can never be used is passed over, too: it must not stand before those that can.
            let cursor = max(welcome.seq, try cursor(of: welcome.room) ?? 0)
            try await relay().update(CursorUpdate(cursors: [CursorUpdate.Item(room: welcome.room, seq: cursor)]))
        }
    }

    /// - Returns: false where this device is a member as far as it knows, and so does not come in anew.
    private func join(_ welcome: PendingWelcome) async throws -> Bool {
        if let head = try head(of: welcome.room), Self.isMember(head), head.cursor < welcome.seq {
            // In it already, and yet invited: removed in between, as the log must show.
            try await pullQuietly(welcome.room)
        }
        do {
            return try vault.write { db in try enter(welcome, in: db) }
        } catch let error as MLSError {
            try raise("an invitation to room \(welcome.room.short) cannot be used: \(error.reason)")
        } catch let rejection as Rejection {
            try raise("an invitation to room \(welcome.room.short) was refused: \(rejection)")
        }
        return true
    }

    private static func isMember(_ head: RoomHead) -> Bool { !head.closed && head.quarantined == nil }

    /// What the relay says about a Welcome (its number in the log, its time) is its word only: what keeps it from taking a
    /// device back to an epoch that somebody removed can read is what the vault remembers.
    private func enter(_ welcome: PendingWelcome, in db: VaultTransaction) throws -> Bool {
        let earlier = try db.record(welcome.room)
        if let earlier {
            guard welcome.seq > earlier.head.cursor, earlier.kind == welcome.kind else { return true }
            // Nobody is added to a page: whoever has it once has it whole.
            guard earlier.kind == .incident else { return true }
        }
        guard try !db.isUsed(welcome: welcome.welcome) else {
            throw Rejection("the relay played one back that was used before")
        }
        if let earlier, Self.isMember(earlier.head) {
            try db.raise(
                "the relay has an invitation to room \(welcome.room.short), which this device is in, and shows no removal: "
                    + "it was refused", at: now())
            return false
        }
        let group = try entered(welcome, in: db)
        if let earlier, group.epoch.value <= earlier.highestEpoch {
            throw Rejection(
                "it leads back to epoch \(group.epoch.value), and this device has had \(earlier.highestEpoch)")
        }
        var record = RoomRecord(
            head: earlier?.head
                ?? RoomHead(
                    room: welcome.room, kind: welcome.kind, deduplication: nil, cursor: welcome.seq,
                    readCursor: welcome.seq, relayChain: welcome.chain),
            group: group)
        if let earlier {
            // Removed and added again, or quarantined and re-added [R8]: what was read before stays readable.
            if !earlier.head.closed {
                try db.raise(
                    "this device was added anew to room \(welcome.room.short): entries \(earlier.head.cursor + 1) to "
                        + "\(welcome.seq) are not for it", at: now())
            }
            record.head.highestEpoch = earlier.highestEpoch
            record.head.cursor = welcome.seq
            record.head.relayChain = welcome.chain
            record.head.closed = false
            record.head.quarantined = nil
            try db.deletePendingCommit(of: welcome.room)
        } else {
            try db.insert(record)
        }
        try db.append(
            nil, to: &record, seq: welcome.seq, chain: LogReader.start(welcome.room, group: group))
        try db.update(record)
        return true
    }

    /// The group that a Welcome leads into; its key package and it itself are used up.
    private func entered(_ welcome: PendingWelcome, in db: VaultTransaction) throws -> Group {
        var used: [UInt8]?
        let judge = RoomJudge(room: welcome.room, lists: lists, time: welcome.time.date, occasion: .joining)
        let group = try Group.join(
            welcome: welcome.welcome,
            bundle: { reference in
                let bundle = try db.keyPackage(reference)
                if bundle != nil { used = reference }
                return bundle
            }, judge: judge)
        let policy = try RoomPolicy(in: group.context.extensions)
        guard group.id == welcome.room.bytes, policy.kind == welcome.kind else {
            throw Rejection("it is for another room than the relay says")
        }
        try judge.judge(whole: group, policy: policy)
        if let used { try db.deleteUsed(keyPackage: used) }
        try db.markUsed(welcome: welcome.welcome)
        return group
    }
}
