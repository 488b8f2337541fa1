import CallList
import DSSE
import Foundation
import GRDB
import Incident
import MLS
import RelayAPI
import Sodium
import WireFormat

/// Takes a room's entries in, one transaction each: processing an entry and storing its effect cannot come apart [R7].
struct LogReader: Sendable {
    let vault: Vault
    let lists: KnownCallLists
    let device: DeviceID
    let now: @Sendable () -> Date

    /// Takes in the room's next entry.
    /// - Throws: ``MissingCallList`` where the entry cannot be judged yet; then nothing changed.
    func take(_ entry: Entry, into room: RoomID) throws {
        let hadGroup = try vault.write { db -> Bool in
            guard var record = try vault.record(room, in: db), entry.seq > record.cursor else { return false }
            guard entry.seq == record.cursor + 1 else {
                try alarm("the relay left out entries of room \(room.short) before \(entry.seq)", in: db)
                return false
            }
            try checkRelayChain(entry, record: record, in: db)
            let hadGroup = record.group != nil
            let epochChain = try vault.chain(of: room, at: record.cursor, in: db) ?? []
            let effect = try effect(of: entry, on: &record, in: db)
            let chain =
                effect.entersEpoch
                ? Self.start(room, group: record.group)
                : LogChain.next(
                    epochChain, seq: entry.seq, time: entry.time, poster: entry.poster, entryClass: entry.entryClass,
                    payload: entry.payload)
            try vault.append(effect.fact, room: room, seq: entry.seq, chain: chain, in: db)
            record.cursor = entry.seq
            record.relayChain = entry.chain
            if effect.closes {
                record.closed = true
                record.group = nil
            }
            try vault.update(record, in: db)
            return hadGroup && (effect.entersEpoch || effect.closes)
        }
        // Old epoch secrets were overwritten in the file; the write-ahead log still has the pages.
        if hadGroup { vault.truncateLog() }
    }

    /// The members' chain at the start of a group's epoch.
    static func start(_ room: RoomID, group: Group?) -> [UInt8] {
        guard let group else { return [] }
        return LogChain.start(
            room: room, epoch: group.epoch.value, confirmedTranscriptHash: group.context.confirmedTranscriptHash)
    }

    /// What one entry did.
    struct Effect {
        var fact: StoredFact?
        var entersEpoch = false
        var closes = false
    }

    private func checkRelayChain(_ entry: Entry, record: RoomRecord, in db: Database) throws {
        let expected = LogChain.next(
            record.relayChain, seq: entry.seq, time: entry.time, poster: entry.poster, entryClass: entry.entryClass,
            payload: entry.payload)
        if expected != entry.chain {
            try alarm(
                "the relay's log of room \(record.room.short) does not hold together at entry \(entry.seq)", in: db)
        }
    }

    private func effect(of entry: Entry, on record: inout RoomRecord, in db: Database) throws -> Effect {
        switch entry.entryClass {
        case .commit: try commit(entry, on: &record, in: db)
        case .message: try message(entry, on: &record, in: db)
        case .statement: try statement(entry, on: record, in: db)
        case .release: try release(entry, room: record.room, in: db)
        }
    }

    // MARK: Commits

    private func commit(_ entry: Entry, on record: inout RoomRecord, in db: Database) throws -> Effect {
        guard var group = record.group else { return Effect() }
        guard let payload = try? CommitPayload(decoding: entry.payload) else {
            return try skip(entry, record.room, "its form is wrong", in: db)
        }
        if let pending = try vault.pendingCommit(of: record.room, in: db) {
            try vault.deletePendingCommit(of: record.room, in: db)
            if entry.poster == device, pending.payloadHash == PendingPost.hash(entry.payload) {
                record.group = pending.next
                return Effect(entersEpoch: true)
            }
        }
        if entry.poster == device { return try wentBackInTime(entry, record: &record, in: db) }
        let judge = RoomJudge(
            room: record.room, lists: lists, time: entry.time.date, occasion: .following(payload.header))
        do {
            guard case .commit(let facts, let removedSelf) = try group.process(payload.commit, judge: judge) else {
                return try skip(entry, record.room, "it is no commit", in: db)
            }
            guard facts.committer.leaf.identity == entry.poster.bytes else {
                return try skip(entry, record.room, "the relay names another author", in: db)
            }
            try checkChain(
                seq: payload.header.baseSeq, chain: payload.header.chain, room: record.room, entry: entry, in: db)
            record.group = removedSelf ? nil : group
            return Effect(entersEpoch: !removedSelf, closes: removedSelf)
        } catch let missing as MissingCallList {
            throw missing
        } catch let error as MLSError where error.code == .wrongEpoch {
            return Effect()  // Came after the epoch's first valid commit: [R3] says skip.
        } catch let error as MLSError {
            return try skip(entry, record.room, error.reason, in: db)
        } catch let rejection as Rejection {
            return try skip(entry, record.room, rejection.description, in: db)
        }
    }

    // MARK: Messages

    private func message(_ entry: Entry, on record: inout RoomRecord, in db: Database) throws -> Effect {
        if entry.poster == device {
            guard let sent = try vault.sent(entry.payload, room: record.room, in: db) else {
                return try wentBackInTime(entry, record: &record, in: db)
            }
            return said(sent.map { $0.accepted(at: entry.time) }, kind: record.kind)
        }
        guard var group = record.group else { return Effect() }
        do {
            let judge = RoomJudge(room: record.room, lists: lists, time: entry.time.date, occasion: .joining)
            guard case .application(let message) = try group.process(entry.payload, judge: judge) else {
                return try skip(entry, record.room, "it is no application message", in: db)
            }
            record.group = group
            guard message.senderLeaf.identity == entry.poster.bytes else {
                return try skip(entry, record.room, "the relay names another author", in: db)
            }
            guard let event = try? JSONDecoder().decode(Event.self, from: Data(message.plaintext)) else {
                return try skip(entry, record.room, "its content is no event", in: db)
            }
            try event.content.validate(in: record.kind)
            try check(event, entry: entry, room: record.room, in: db)
            return said(
                StoredFact(
                    kind: .event, author: entry.poster, time: entry.time, event: event,
                    evidence: Data(message.evidence)), kind: record.kind)
        } catch let error as MLSError {
            return try skip(entry, record.room, error.reason, in: db)
        } catch let error as EventError {
            return try skip(entry, record.room, error.reason, in: db)
        }
    }

    private func said(_ fact: StoredFact?, kind: RoomKind) -> Effect {
        guard let fact else { return Effect() }
        if kind == .page, case .resolve? = fact.event?.content { return Effect(fact: fact, closes: true) }
        return Effect(fact: fact)
    }

    /// What the author saw must be what this device sees (DESIGN "The log's chain").
    private func check(_ event: Event, entry: Entry, room: RoomID, in db: Database) throws {
        guard event.seen.seq < entry.seq else {
            return try alarm(
                "entry \(entry.seq) of room \(room.short) claims to have seen entry \(event.seen.seq)", in: db)
        }
        try checkChain(
            seq: event.seen.seq, chain: [UInt8](event.seen.chain), room: room, entry: entry, in: db)
        if let newest = lists.newest, event.callList.version == newest.list.version,
            event.callList.digest != newest.list.digest
        {
            try alarm("there are two different call lists \(event.callList.version)", in: db)
        }
    }

    private func checkChain(seq: UInt64, chain: [UInt8], room: RoomID, entry: Entry, in db: Database) throws {
        guard let mine = try vault.chain(of: room, at: seq, in: db), !mine.isEmpty, mine != chain else { return }
        try alarm(
            "the log of room \(room.short) was forked: at entry \(seq) its author of entry \(entry.seq) saw "
                + "\(Self.brief(chain)), this device \(Self.brief(mine))", in: db)
    }

    private static func brief(_ chain: [UInt8]) -> String {
        chain.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    // MARK: Statements and releases

    private func statement(_ entry: Entry, on record: RoomRecord, in db: Database) throws -> Effect {
        guard let group = record.group else { return Effect() }
        let policy = try RoomPolicy(in: group.context.extensions)
        let known = try lists.list(policy.pin)
        guard let author = known.list.device(entry.poster), author.kind == .person,
            group.members.contains(where: { $0.leaf.identity == entry.poster.bytes })
        else { return try skip(entry, record.room, "its author may make no statement here", in: db) }
        guard let statement = try? RelayAPI.Statement(verifying: entry.payload, by: author.mlsKey),
            statement.room == record.room, statement.device == entry.poster
        else { return try skip(entry, record.room, "its signature does not verify", in: db) }
        return Effect(
            fact: StoredFact(
                kind: statement.kind == .ack ? .ack : .unack, author: entry.poster, time: entry.time,
                evidence: Data(entry.payload)))
    }

    private func release(_ entry: Entry, room: RoomID, in db: Database) throws -> Effect {
        guard let release = try? StepRelease(decoding: entry.payload) else {
            return try skip(entry, room, "its form is wrong", in: db)
        }
        return Effect(
            fact: StoredFact(
                kind: .release, author: nil, time: entry.time, step: Int(release.step), manual: release.manual))
    }

    // MARK: What is wrong

    /// Junk cannot brick a room [R3]: it is reported and passed over.
    private func skip(_ entry: Entry, _ room: RoomID, _ reason: String, in db: Database) throws -> Effect {
        try alarm(
            "entry \(entry.seq) of room \(room.short) by device \(entry.poster.short) is not valid: \(reason)", in: db)
        return Effect()
    }

    /// An own entry that the vault does not know: it was restored from an older copy [R7].
    private func wentBackInTime(_ entry: Entry, record: inout RoomRecord, in db: Database) throws -> Effect {
        let reason = "the vault is older than what this device sent (room \(record.room.short), entry \(entry.seq))"
        try alarm(reason, in: db)
        try vault.quarantineAll(reason, in: db)
        record.quarantined = reason
        return Effect()
    }

    private func alarm(_ text: String, in db: Database) throws { try vault.raise(text, at: now(), in: db) }
}

extension StoredFact {
    /// The same, at the time that the relay gave it.
    func accepted(at time: RelayTime) -> StoredFact {
        var fact = StoredFact(kind: kind, author: author, time: time)
        fact.event = event
        fact.step = step
        fact.manual = manual
        fact.evidence = evidence
        return fact
    }
}
