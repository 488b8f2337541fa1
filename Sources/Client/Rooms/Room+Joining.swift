import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms
import WireFormat

extension OwnDevice {
    /// How many Welcomes one request fetches.
    static let welcomesAtOnce = 64

    /// How many Welcomes are read in one go: a relay may claim any number, and there is more to do than to read them.
    static let welcomesInOneGo = 10_000

    /// Joins all that this device was invited to, the newest room first.
    /// - Parameter count: how many the relay says there are.
    func join(atMost count: Int, from link: Link) async throws {
        var last: PendingWelcome?
        var left = min(count, Self.welcomesInOneGo) + Self.welcomesAtOnce
        while left > 0 {
            let welcomes = try await link.welcomes(after: last, limit: Self.welcomesAtOnce)
            guard let next = welcomes.last else { break }
            for welcome in welcomes { try await Room(welcome.room, of: self).join(welcome, from: link) }
            last = next
            left -= welcomes.count
        }
        // The private keys that the Welcomes used were deleted.
        vault.truncateLog()
    }
}

extension Room {
    /// What came of a Welcome.
    private enum Entering {
        /// This device is in, or was already.
        case done
        /// It cannot be judged yet, or this device is a member as far as it knows, and so does not come in anew.
        case waits
        /// It can never be used.
        case failed
    }

    /// Joins, and tells the relay what it needs not keep any more.
    func join(_ welcome: PendingWelcome, from link: Link) async throws {
        var outcome = Entering.waits
        do {
            outcome = try await enter(welcome, from: link)
        } catch let missing as MissingCallList {
            try await trust.fetch(upTo: missing.pin.version, from: link)
            do {
                outcome = try await enter(welcome, from: link)
            } catch let missing as MissingCallList {
                try own.raise(
                    .waitsForCallList, room: known, by: .relay(link.endpoint.id),
                    "an invitation is pinned to call list \(missing.pin.version)")
            }
        }
        switch outcome {
        case .waits: return
        case .done: try await pullQuietly()
        case .failed: guard try await !refuse(welcome, at: link) else { return }
        }
        let cursor = max(welcome.seq, try cursor() ?? 0)
        try await link.update(CursorUpdate(cursors: [CursorUpdate.Item(room: id, seq: cursor)]))
    }

    /// Says to all in the room that this device was not reached [R14]: the Welcome must not stand before those that can be used.
    /// - Returns: false where the relay takes no such word, of a room that is over: then it is passed over.
    private func refuse(_ welcome: PendingWelcome, at link: Link) async throws -> Bool {
        let event = WelcomeFailure.event(of: welcome.welcome, in: id, commit: welcome.seq, to: own.id)
        let failure = WelcomeFailure(
            room: id, device: own.id, event: event, commit: welcome.seq,
            digest: WelcomeFailure.digest(of: welcome.welcome), at: own.time)
        let post = EntryPost(
            event: event, entryClass: .welcomeFailed, baseSeq: 0, payload: try failure.signed(by: own.keys.mls))
        do {
            _ = try await link.post(encoded: post.encoded, to: id)
        } catch let problem as Problem {
            // What passes is tried again with the next heads, and the other Welcomes go on.
            return ClientError(problem).isPassing
        }
        return true
    }

    private func enter(_ welcome: PendingWelcome, from link: Link) async throws -> Entering {
        if let head = try head(), Self.isMember(head), head.cursor < welcome.seq {
            // In it already, and yet invited: removed in between, as the log must show.
            try await pullQuietly()
        }
        do {
            return try vault.write { db in try enter(welcome, from: link, in: db) }
        } catch let error as MLSError {
            try own.raise(.welcomeUnusable, room: known, by: .relay(link.endpoint.id), "to room \(id): \(error.reason)")
        } catch let rejection as Rejection {
            try own.raise(.welcomeRefused, room: known, by: .relay(link.endpoint.id), "to room \(id): \(rejection)")
        }
        return .failed
    }

    /// A relay may make up any number of rooms: only one that this device has tells an alarm from others.
    private var known: RoomID? {
        get throws { try head() == nil ? nil : id }
    }

    private static func isMember(_ head: RoomHead) -> Bool { !head.closed && head.quarantined == nil }

    /// What the relay says about a Welcome (its number in the log, its time) is its word only: what keeps it from taking a
    /// device back to an epoch that somebody removed can read is what the vault remembers.
    private func enter(_ welcome: PendingWelcome, from link: Link, in db: VaultTransaction) throws -> Entering {
        let earlier = try db.record(id)
        if let earlier {
            guard welcome.seq > earlier.head.cursor, earlier.kind == welcome.kind else { return .done }
            // Nobody is added to a page: whoever has it once has it whole.
            guard earlier.kind == .incident else { return .done }
        }
        guard try !db.isUsed(welcome: welcome.welcome) else {
            throw Rejection("the relay played one back that was used before")
        }
        if let earlier, Self.isMember(earlier.head) {
            try db.raise(
                AlarmSubject(.needlessWelcome, room: id, by: .relay(link.endpoint.id)),
                "it shows no removal; the invitation was refused", at: own.now())
            return .waits
        }
        let (group, isLastResort) = try entered(welcome, from: link, in: db)
        if let earlier, group.epoch.value <= earlier.highestEpoch {
            throw Rejection(
                "it leads back to epoch \(group.epoch.value), and this device has had \(earlier.highestEpoch)")
        }
        let new = RoomHead(
            room: id, kind: welcome.kind, since: welcome.time, deduplication: nil, cursor: welcome.seq,
            readCursor: welcome.seq, epochCommit: welcome.seq, relayChain: welcome.chain,
            summary: RoomHead.Summary(
                homeRelay: try RoomPolicy(in: group.context.extensions).homeRelay, entered: own.time))
        var record = RoomRecord(head: earlier?.head ?? new, group: group)
        // A key package of last resort may have been used before, and its private key stays for a while.
        record.head.healing =
            welcome.kind == .incident || isLastResort
            ? own.healing?.soon(group.devices.count, after: own.time) : nil
        if let earlier {
            // Removed and added again, or quarantined and re-added [R8]: what was read before stays readable.
            if !earlier.head.closed {
                try db.raise(
                    AlarmSubject(.addedAnew, room: id),
                    "entries \(earlier.head.cursor + 1) to \(welcome.seq) are not for it", at: own.now())
            }
            record.head.highestEpoch = earlier.highestEpoch
            record.head.cursor = welcome.seq
            record.head.epochCommit = welcome.seq
            record.head.relayChain = welcome.chain
            record.head.closed = false
            record.head.lost = false
            record.head.quarantined = nil
            try db.deleteOwnCommits(of: id)
            try db.deleteCommitOrder(of: id)
        } else {
            try db.insert(record)
        }
        try noteSuccession(by: group, in: db)
        record.order = CommitOrder(settled: welcome.seq)
        try db.append(
            nil, to: &record, seq: welcome.seq, chain: LogReader.start(id, group: group), relayChain: welcome.chain)
        try db.update(record)
        return .done
    }

    /// A page is not for whom its sender had to pass over; that somebody else was not passed over is said [R14].
    private func checkClearances(in group: Group, _ policy: RoomPolicy, in db: VaultTransaction) throws {
        let known = try own.lists.list(policy.pin)
        for device in ClearanceRule.uncleared(in: group, for: policy, under: known) {
            guard device != own.id else {
                throw Rejection("this device's holder is not cleared for TLP:\(policy.tlpCeiling.rawValue)")
            }
            try db.raise(
                AlarmSubject(.unclearedMember, room: id, by: .device(device)),
                "the page is TLP:\(policy.tlpCeiling.rawValue)", at: own.now())
        }
    }

    /// The group that a Welcome leads into, and whether by a key package of last resort; that and the Welcome are used up.
    private func entered(
        _ welcome: PendingWelcome, from link: Link, in db: VaultTransaction
    ) throws -> (Group, isLastResort: Bool) {
        var used: [UInt8]?
        var isLastResort = false
        // Whose time is over by one clock alone is removed later; a relay's that is ahead keeps nobody out of a page [R18].
        let time = min(welcome.time.date, trust.clocks.earliest)
        let judge = RoomJudge(room: id, lists: own.lists, time: time, occasion: .joining)
        let group = try Group.join(
            welcome: welcome.welcome,
            bundle: { reference in
                let bundle = try db.keyPackage(reference)
                if let bundle { (used, isLastResort) = (reference, bundle.keyPackage.isLastResort) }
                return bundle
            }, judge: judge)
        let policy = try RoomPolicy(in: group.context.extensions)
        guard group.id == id.bytes, policy.kind == welcome.kind else {
            throw Rejection("it is for another room than the relay says")
        }
        guard try own.links.leads(link, to: policy.homeRelay) else {
            throw Rejection("its home relay is another than the one that has it")
        }
        try judge.judge(whole: group, policy: policy, after: try predecessor(of: policy, in: db))
        try checkClearances(in: group, policy, in: db)
        if let used { try db.deleteUsed(keyPackage: used) }
        try db.markUsed(welcome: welcome.welcome)
        return (group, isLastResort)
    }
}
