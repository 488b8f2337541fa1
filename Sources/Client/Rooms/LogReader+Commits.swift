import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Commits: which of them this device takes, and what it keeps for the case that the log skips one [R3, R4].
extension LogReader {
    func commit(_ entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard var present = record.group else { return Effect() }
        guard let payload = try? CommitPayload(decoding: entry.payload) else {
            return try skip(entry, record, "its form is wrong", in: db)
        }
        var own: Group?
        if let pending = try db.pendingCommit(of: record.room) {
            try db.dropPendingCommit(of: record.room)
            // Whether another comes first or this one is refused: where the epoch goes on, its key is used.
            try present.discardCommit()
            record.group = present
            if entry.poster == device, pending.payloadHash == PendingPost.hash(entry.payload) { own = pending.next }
        }
        if entry.poster == device, own == nil {
            guard let dropped = try db.droppedCommit(PendingPost.hash(entry.payload), of: record.room) else {
                return try notMine(entry, message: payload.commit, record: &record, in: db)
            }
            try alarm(.refusedAndTaken, record, by: record.relay, "entry \(entry.seq)", in: db)
            guard let next = dropped else { return outOfPlace(entry, on: &record) }
            own = next
        }
        let author = try author(entry.poster, in: present)
        if record.order.isUnusable(payload.header.parent) {
            return try follow(entry, payload, by: author, on: &record, in: db)
        }
        let place = record.order.place(ofCommitIn: payload.header.parent, by: author, at: entry.time)
        guard place != .none else {
            return try own == nil ? late(entry, payload, on: record, present, in: db) : Effect()
        }
        guard let base = try epoch(begunBy: payload.header.parent, on: record, present, in: db) else {
            record.order.lose()
            return Effect()
        }
        return try take(entry, payload, Next(author: author, place: place, base: base, own: own), on: &record, in: db)
    }

    /// A commit in an epoch that this device cannot use: it sees who wrote it there, and not whether it is valid. By another
    /// person it makes the epoch's own commit stand; what its author adds changes nothing for this device.
    private func follow(
        _ entry: Entry, _ payload: CommitPayload, by author: Author, on record: inout RoomRecord,
        in db: VaultTransaction
    ) throws -> Effect {
        let (header, message) = (payload.header, try? MessageHeader(reading: payload.commit))
        guard let message, message.contentType == .commit, message.groupID == record.room.bytes,
            message.authenticatedData == header.encoded
        else { return try skip(entry, record, "its form is wrong", in: db) }
        if !record.order.write(in: header.parent, by: author), record.order.tip == header.parent {
            record.order.take(
                entry.seq, digest: CommitFault.digest(of: entry.payload), by: author, at: .next, isUsable: false)
        }
        return Effect()
    }

    /// A commit that has its place in the log.
    private struct Next {
        let author: Author
        let place: CommitOrder.Place
        /// The epoch that it is written in.
        let base: VaultTransaction.EarlierEpoch
        /// Where this device made it: what it leads to.
        let own: Group?
    }

    private func take(
        _ entry: Entry, _ payload: CommitPayload, _ next: Next, on record: inout RoomRecord, in db: VaultTransaction
    ) throws -> Effect {
        let (header, base) = (payload.header, next.base)
        let judge = judge(
            entry, payload, in: record.room, try epoch(header.parent, base.group, entry, in: record.room, db))
        var group = base.group
        var removedSelf = false
        var unusable: UnusableCommit?
        if let own = next.own {
            try judge.judge(RoomChange(own: header, from: base.group, to: own))
            group = own
        } else {
            let facts: CommitFacts
            do {
                guard case .commit(let found, let isOut) = try group.process(payload.commit, judge: judge) else {
                    return try skip(entry, record, "it is no commit", in: db)
                }
                facts = found
                removedSelf = isOut
            } catch let error as UnusableCommit {
                facts = error.facts
                unusable = error
            }
            guard facts.committer.leaf.identity == entry.poster.bytes else {
                return try misattributed(entry, record, in: db)
            }
            if unusable == nil {
                try checkChain(header, entry, base, on: record, in: db)
                let last = header.baseSeq == record.head.cursor ? record.head.summary.relayTime : nil
                try checkAuthorsTime(header.at, after: last, entry, record: record, in: db)
            }
        }
        record.order.take(
            entry.seq, digest: CommitFault.digest(of: entry.payload), by: next.author, at: next.place,
            isUsable: unusable == nil)
        for device in header.adds { try db.note(added: device, of: record.room) }
        guard !removedSelf else { return Effect(closes: true) }
        if let unusable {
            try cannotUse(entry, unusable.cause.reason, on: record, in: db)
            record.group = base.group
            guard record.head.epochCommit != header.parent else { return Effect() }
            record.head.epochCommit = header.parent
            return Effect(goesBackTo: base.chain)
        }
        if record.order.parents.contains(header.parent) {
            try db.keep(base, of: record.room, begunBy: header.parent)
        }
        record.group = group
        if next.own != nil {
            // Each commit of this program's renews its author's keys.
            record.head.healing =
                record.kind == .incident ? healing?.nextDay(group.devices.count, after: Timestamp(now())) : nil
        }
        return Effect(fact: takeover(header, by: entry), entersEpoch: true)
    }

    /// The others go on from a commit whose state this device has no more: it is to be re-added to this room, and nothing is
    /// wrong with the others [R7].
    private func outOfPlace(_ entry: Entry, on record: inout RoomRecord) -> Effect {
        record.head.quarantined = "the relay took a change that it had refused (entry \(entry.seq))"
        return Effect()
    }

    /// The state of the epoch that a commit began, and its chain up to the entry before; nil where this device has it not.
    private func epoch(
        begunBy commit: UInt64, on record: RoomRecord, _ present: Group, in db: VaultTransaction
    ) throws -> VaultTransaction.EarlierEpoch? {
        guard commit != record.head.epochCommit else {
            return VaultTransaction.EarlierEpoch(
                group: present, chain: try db.chain(of: record.room, at: record.head.cursor) ?? [])
        }
        return try db.earlierEpoch(of: record.room, begunBy: commit)
    }

    /// Came after the epoch's first valid commit: [R3] says skip. Junk is told of all the same.
    private func late(
        _ entry: Entry, _ payload: CommitPayload, on record: RoomRecord, _ present: Group, in db: VaultTransaction
    ) throws -> Effect {
        let epoch = try epoch(record.head.epochCommit, present, entry, in: record.room, db)
        var probe = present
        do {
            _ = try probe.process(payload.commit, judge: judge(entry, payload, in: record.room, epoch))
        } catch let error as MLSError where error.code == .wrongEpoch {
            return Effect()
        } catch is UnusableCommit {
            return Effect()
        }
        return Effect()
    }

    /// Where a room is before a commit, as far as this device has read.
    func epoch(
        _ commit: UInt64, _ group: Group, _ entry: Entry, in room: RoomID, _ db: VaultTransaction
    ) throws -> RoomJudge.RoomEpoch {
        RoomJudge.RoomEpoch(
            commit: commit, members: group.devices, faulters: try db.faulters(of: room),
            written: try db.written(in: room), entryTime: entry.time)
    }

    func judge(
        _ entry: Entry, _ payload: CommitPayload, in room: RoomID, _ epoch: RoomJudge.RoomEpoch
    ) -> RoomJudge {
        RoomJudge(
            room: room, lists: lists, time: payload.header.judged(at: entry.time).date,
            occasion: .following(payload.header, in: epoch))
    }

    /// What the author had seen of the epoch must be what this device has of it, as far as it still knows that of an epoch
    /// that it had left.
    private func checkChain(
        _ header: CommitHeader, _ entry: Entry, _ base: VaultTransaction.EarlierEpoch, on record: RoomRecord,
        in db: VaultTransaction
    ) throws {
        if header.parent == record.head.epochCommit {
            try checkChain(seq: header.baseSeq, chain: header.chain, record: record, entry: entry, in: db)
        } else if header.baseSeq == record.head.cursor {
            try compare(base.chain, with: header.chain, seq: header.baseSeq, record: record, entry: entry, in: db)
        }
    }

    // MARK: What the log decides

    /// Whose an entry is, by the call list that the epoch is pinned to.
    func author(_ device: DeviceID, in group: Group) throws -> Author {
        let known = try lists.list(RoomPolicy(in: group.context.extensions).pin)
        return Author(device: device, member: known.team?.member(of: device)?.id)
    }

    /// A message makes the commit stand in whose epoch it says it is, if it is by another person than the commit's author:
    /// for those too who cannot read it [R4]. It says so by the epoch's number: that of a skipped one is that of the one in its
    /// place, where only the author of what was skipped may still mean the old one, and could as well write in the new.
    func write(_ header: MessageHeader, by poster: DeviceID, on record: inout RoomRecord) throws {
        guard let group = record.group, !record.order.undecided.isEmpty, header.contentType == .application,
            header.groupID == group.id
        else { return }
        let held = UInt64(record.order.waiting ?? record.order.undecided.count)
        guard group.epoch.value >= held, header.epoch.value > group.epoch.value - held else { return }
        let number = header.epoch.value - (group.epoch.value - held)
        guard number <= UInt64(record.order.undecided.count) else { return }
        let commit = record.order.undecided[Int(number) - 1].seq
        record.order.write(in: commit, by: try author(poster, in: group))
    }

    /// Stores the order, and forgets what it has decided.
    /// - Returns: whether secrets were forgotten.
    func settle(_ record: inout RoomRecord, since before: CommitOrder, in db: VaultTransaction) throws -> Bool {
        let (order, room) = (record.order, record.room)
        for commit in before.undecided where order[commit.seq] == nil && commit.seq <= order.settled {
            for fault in commit.faults { try db.note(faulter: fault.by.device, isLost: true, of: room) }
        }
        if let lost = order.lost {
            let reason = "others went on from entry \(lost), which this device cannot use"
            record.head.lost = true
            if record.head.quarantined == nil { record.head.quarantined = reason }
            record.group = nil
            try db.deleteOwnCommits(of: room)
            try db.deleteCommitOrder(of: room)
            return true
        }
        var replaceAt: Timestamp?
        if let waiting = order.waiting, let group = record.group {
            replaceAt = order.patienceEnds(waiting, for: try author(device, in: group))
        }
        try db.store(order, replaceAt: replaceAt, of: room)
        return try db.deleteEarlierEpochs(of: room, except: order.parents)
    }
}
