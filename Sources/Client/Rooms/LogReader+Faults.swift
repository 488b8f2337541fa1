import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Commits that somebody cannot use [R4].
extension LogReader {
    /// This device cannot use a commit: it says so, and waits for what the log decides.
    func cannotUse(_ entry: Entry, _ reason: String, on record: RoomRecord, in db: VaultTransaction) throws {
        try alarm(.unusableCommit, record, by: record.poster(of: entry), "entry \(entry.seq): \(reason)", in: db)
        let event = EventID.random()
        let fault = CommitFault(
            room: record.room, device: device, event: event, commit: entry.seq,
            digest: CommitFault.digest(of: entry.payload), at: Timestamp(now()))
        _ = try db.enqueue(.fault(Data(try fault.signed(by: signer))), event: event, room: record.room)
    }

    /// A device says that it cannot use a commit. It is shown, whether or not it still matters.
    func fault(_ entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard let group = record.group else { return Effect() }
        guard let unverified = try? UnverifiedCommitFault(decoding: entry.payload) else {
            return try skip(entry, record, "its form is wrong", in: db)
        }
        let known = try lists.list(RoomPolicy(in: group.context.extensions).pin)
        guard let key = known.list.device(entry.poster)?.mlsKey, group.devices.contains(entry.poster),
            unverified.claimedDevice == entry.poster
        else { return try skip(entry, record, "its author may say nothing here", in: db) }
        guard let fault = try? unverified.verify(by: key).fault else {
            return try skip(entry, record, "its signature does not verify", in: db)
        }
        let commit = record.order[fault.commit]
        guard fault.room == record.room, fault.commit < entry.seq,
            commit.map({ $0.digest == [UInt8](fault.digest) }) ?? true
        else { return try skip(entry, record, "it names no commit of this room", in: db) }
        if entry.poster == device {
            guard try db.sent(entry.payload, room: record.room) != nil else {
                return try wentBackInTime(entry, record: &record, in: db)
            }
        } else {
            try tell(of: fault, by: entry, commit, on: record, in: db)
        }
        record.order.fault(fault.commit, by: try author(entry.poster, in: group), at: entry.time)
        let isLate = commit == nil && fault.commit <= record.order.settled
        try db.note(faulter: entry.poster, isLost: isLate ? true : nil, of: record.room)
        let me = try author(device, in: group)
        if record.order.isToBeConfirmed(by: me),
            try !db.isQueued(kind: OutboxContent.goingOn(nil).kind, for: record.room)
        {
            _ = try db.enqueue(.goingOn(nil), event: .random(), room: record.room)
        }
        return Effect()
    }

    private func tell(
        of fault: CommitFault, by entry: Entry, _ commit: CommitOrder.Undecided?, on record: RoomRecord,
        in db: VaultTransaction
    ) throws {
        let stands = fault.commit == record.order.settled ? record.order.settledAuthor : nil
        let author = (commit?.author ?? stands)?.device
        try alarm(
            .faultedCommit, record, by: author.map { .device($0) },
            "entry \(entry.seq): device \(entry.poster) cannot use entry \(fault.commit)", in: db)
    }
}
