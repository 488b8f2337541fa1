import CallList
import DSSE
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Takes a room's entries in, one transaction each: processing an entry and storing its effect cannot come apart [R7].
struct LogReader: Sendable {
    let vault: Vault
    let lists: KnownCallLists
    let device: DeviceID
    /// This device's MLS signature key: what it cannot use, it says [R4].
    let signer: Ed25519.PrivateKey
    /// Of a person's device.
    let healing: Healing?
    let now: @Sendable () -> Date

    /// What taking an entry in came to.
    struct Taken: Sendable {
        var endsEpoch = false
        /// This device is out of the room by it, or lost its place: what comes after is not for it.
        var isOut = false
        /// The newest call list that the entry's author knows, where this device knows no such version.
        var unknownCallList: UInt64?
    }

    /// Takes in the room's next entry.
    /// - Throws: ``MissingCallList`` where the entry cannot be judged yet; then nothing changed.
    @discardableResult
    func take(_ entry: Entry, into room: RoomID) throws -> Taken {
        try take(entry, into: room) { record, db in try effect(of: entry, on: &record, in: db) }
    }

    /// Takes in the room's next entry, a commit that waits for a call list, as one that is not valid.
    func passOver(_ entry: Entry, into room: RoomID) throws {
        try take(entry, into: room) { record, db in
            try skip(entry, record, "it waits for a call list, and others have gone on without it", in: db)
        }
    }

    /// Whether an entry is a commit of somebody else that is valid in the present epoch.
    func isValidNext(_ entry: Entry, in room: RoomID) throws -> Bool {
        guard entry.entryClass == .commit, entry.poster != device,
            let payload = try? CommitPayload(decoding: entry.payload),
            let (record, epoch) = try vault.read({ db in
                try db.record(room).map { record in
                    (record, try record.group.map { try epoch(record.head.epochCommit, $0, entry, in: room, db) })
                }
            }), let epoch, var group = record.group
        else { return false }
        do {
            guard
                case .commit(let facts, _) = try group.process(
                    payload.commit, judge: judge(entry, payload, in: room, epoch))
            else { return false }
            return facts.committer.leaf.identity == entry.poster.bytes
        } catch let unusable as UnusableCommit {
            return unusable.facts.committer.leaf.identity == entry.poster.bytes
        } catch is MLSError {
            return false
        } catch is Rejection {
            return false
        } catch is MissingCallList {
            return false
        }
    }

    @discardableResult
    private func take(
        _ entry: Entry, into room: RoomID, _ effectOf: (inout RoomRecord, VaultTransaction) throws -> Effect
    ) throws -> Taken {
        let taken = try vault.write { db -> Taken in
            guard var record = try db.record(room), entry.seq > record.head.cursor else { return Taken() }
            guard !record.head.lost else { return Taken(isOut: true) }
            guard entry.seq - 1 == record.head.cursor else {
                try alarm(
                    .entriesLeftOut, record, by: record.relay,
                    "entry \(entry.seq) came after \(record.head.cursor)", in: db)
                return Taken()
            }
            try checkRelayChain(entry, record: record, in: db)
            try checkRelayTime(entry, record: record, in: db)
            let (hadGroup, order) = (record.group != nil, record.order)
            let epochChain = try db.chain(of: room, at: record.head.cursor) ?? []
            var effect = try effectOf(&record, db)
            if record.kind == .incident, entry.entryClass == .message || entry.entryClass == .commit {
                try db.note(written: entry.time, by: entry.poster, in: room)
            }
            if let said = effect.said, try db.isSaid(said.event, by: said.author, room: room) {
                // Sent twice, or played back: it counts once.
                effect = Effect()
            }
            let chain =
                effect.entersEpoch
                ? Self.start(room, group: record.group)
                : Self.next(effect.goesBackTo ?? epochChain, entry)
            try db.append(
                effect.fact, said: effect.said, isOwn: effect.fact?.author == device, to: &record, seq: entry.seq,
                chain: chain, relayChain: entry.chain)
            record.head.cursor = entry.seq
            record.head.relayChain = entry.chain
            record.head.summary.relayTime = entry.time
            if effect.entersEpoch { record.head.epochCommit = entry.seq }
            var forgets = effect.entersEpoch || effect.closes
            if effect.closes {
                record.head.closed = true
                record.group = nil
                try db.deleteCommitOrder(of: room)
            } else {
                if record.order != order, try settle(&record, since: order, in: db) { forgets = true }
                if !record.order.undecided.isEmpty { try db.extendEarlierChains(of: room, by: entry) }
            }
            // What own commits lead to are states of the next epoch: no secret outlives the room [R12].
            if effect.entersEpoch || effect.closes { try db.deleteOwnCommits(of: room) }
            if effect.closes { try db.forgetKeptPage(room) }
            try db.update(record)
            return Taken(
                endsEpoch: hadGroup && forgets,
                isOut: effect.closes && record.kind == .incident || record.head.lost,
                unknownCallList: effect.unknownCallList)
        }
        // Old epoch secrets were overwritten in the file; the write-ahead log still has the pages.
        if taken.endsEpoch { vault.truncateLog() }
        return taken
    }

    /// The members' chain at the start of a group's epoch.
    static func start(_ room: RoomID, group: Group?) -> [UInt8] {
        guard let group else { return [] }
        return LogChain.start(
            room: room, epoch: group.epoch.value, confirmedTranscriptHash: group.context.confirmedTranscriptHash)
    }

    /// The members' chain of one epoch, over one more entry.
    static func next(_ chain: [UInt8], _ entry: Entry) -> [UInt8] {
        LogChain.next(
            chain, seq: entry.seq, time: entry.time, poster: entry.poster, entryClass: entry.entryClass,
            payload: entry.payload)
    }

    /// What one entry did.
    struct Effect {
        var fact: StoredFact?
        /// Who said it, by which event id.
        var said: (author: DeviceID, event: EventID)?
        var entersEpoch = false
        /// The chain, up to the entry before, of an earlier epoch that the room goes back to.
        var goesBackTo: [UInt8]?
        var closes = false
        var unknownCallList: UInt64?
    }

    private func checkRelayChain(_ entry: Entry, record: RoomRecord, in db: VaultTransaction) throws {
        let expected = LogChain.next(
            record.head.relayChain, seq: entry.seq, time: entry.time, poster: entry.poster,
            entryClass: entry.entryClass,
            payload: entry.payload)
        if expected != entry.chain {
            try alarm(
                .logBroken, record, by: record.relay,
                "entry \(entry.seq): it says \(Self.brief(entry.chain)), it is \(Self.brief(expected))", in: db)
        }
        if let receipt = try db.receipt(room: record.room, seq: entry.seq), receipt.chain != entry.chain {
            try alarm(.receiptBroken, record, by: record.relay, "entry \(entry.seq)", in: db)
        }
    }

    /// A relay's clock that was set back counts as it is, and is told [R18].
    private func checkRelayTime(_ entry: Entry, record: RoomRecord, in db: VaultTransaction) throws {
        guard let last = record.head.summary.relayTime, let back = Clocks.difference(from: entry.time, to: last) else {
            return
        }
        try alarm(
            .timeSteppedBack, record, by: record.relay,
            "entry \(entry.seq) is \(Clocks.words(back)) before the one before it", in: db)
    }

    /// What an author signed as the time was not later than when the relay took it. It may well be earlier: what was written in
    /// an outage is sent after it.
    /// - Parameter last: the time of what the author had seen when the time was signed, where that is known.
    func checkAuthorsTime(
        _ at: Timestamp, after last: Timestamp? = nil, _ entry: Entry, record: RoomRecord, in db: VaultTransaction
    ) throws {
        let (ahead, behind) = (
            Clocks.difference(from: entry.time, to: at), last.flatMap { Clocks.difference(from: at, to: $0) }
        )
        guard let apart = ahead ?? behind else { return }
        let side = ahead == nil ? "behind" : "ahead of"
        try alarm(
            .authorsClockDiffers, record, by: record.member(entry.poster),
            "entry \(entry.seq): its author's is \(Clocks.words(apart)) \(side) the relay's; one of them is wrong",
            in: db)
    }

    private func effect(of entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        do {
            switch entry.entryClass {
            case .commit: return try commit(entry, on: &record, in: db)
            case .message: return try message(entry, on: &record, in: db)
            case .statement: return try statement(entry, on: &record, in: db)
            case .timer: return try timer(entry, on: record, in: db)
            case .fault: return try fault(entry, on: &record, in: db)
            case .leadStatement: return try leadStatement(entry, on: &record, in: db)
            case .welcomeFailed: return try welcomeFailed(entry, on: record, in: db)
            }
        } catch let error as MLSError {
            return try skip(entry, record, error.reason, in: db)
        } catch let error as EventError {
            return try skip(entry, record, error.reason, in: db)
        } catch is UnusableCommit {
            return try skip(entry, record, "it is a change, and the relay has it for something else", in: db)
        } catch let rejection as Rejection {
            return try skip(entry, record, rejection.description, in: db)
        }
    }

    // MARK: Messages

    private func message(_ entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        let header = try? MessageHeader(reading: entry.payload)
        if let header { try write(header, by: entry.poster, on: &record) }
        guard record.order.lost == nil else { return Effect() }
        if entry.poster == device {
            guard let sent = try db.sent(entry.payload, room: record.room) else {
                return try notMine(entry, message: entry.payload, record: &record, in: db)
            }
            return said(sent.map { $0.accepted(at: entry.time) })
        }
        guard var group = record.group else { return Effect() }
        // Of an epoch that this device cannot use.
        if record.order.waiting != nil, let header, header.epoch > group.epoch { return Effect() }
        let judge = RoomJudge(room: record.room, lists: lists, time: entry.time.date, occasion: .joining)
        guard case .application(let message) = try group.process(entry.payload, judge: judge) else {
            return try skip(entry, record, "it is no application message", in: db)
        }
        record.group = group
        guard message.senderLeaf.identity == entry.poster.bytes else {
            return try misattributed(entry, record, in: db)
        }
        // Its author goes on from a commit that somebody faulted, and says nothing else [R4].
        guard !message.plaintext.isEmpty else { return Effect() }
        guard record.order.waiting == nil else {
            return try skip(entry, record, "it is of an epoch that those who can have left", in: db)
        }
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(message.plaintext)) else {
            return try skip(entry, record, "its content is no event", in: db)
        }
        try event.content.validate(in: record.kind)
        try checkOrigin(of: event.content, by: entry.poster, in: group)
        var effect = said(
            StoredFact(
                kind: .event, author: entry.poster, time: entry.time, event: event, evidence: Data(message.evidence)))
        effect.unknownCallList = try check(event, entry: entry, record: record, in: db)
        return effect
    }

    private func said(_ fact: StoredFact?) -> Effect {
        guard let fact else { return Effect() }
        var effect = Effect(fact: fact)
        if let author = fact.author, let event = fact.event { effect.said = (author, event.id) }
        return effect
    }

    /// A sensor's word about its page counts for more than a person's, so a notice must not lie about whose it is.
    private func checkOrigin(of content: EventContent, by author: DeviceID, in group: Group) throws {
        guard case .page(let notice) = content else { return }
        let pin = try RoomPolicy(in: group.context.extensions).pin
        let isSensor = try lists.list(pin).list.device(author)?.kind == .sensor
        guard notice.isAlert == isSensor else {
            throw EventError(.malformed, "its notice says that it is \(isSensor ? "no" : "a") sensor's")
        }
    }

    /// What the author saw must be what this device sees (DESIGN "The log's chain").
    /// - Returns: the author's newest call list, where this device knows no such version.
    private func check(_ event: Event, entry: Entry, record: RoomRecord, in db: VaultTransaction) throws -> UInt64? {
        if event.seen.seq < entry.seq {
            try checkChain(
                seq: event.seen.seq, chain: [UInt8](event.seen.chain), record: record, entry: entry, in: db)
        } else {
            try alarm(
                .seenAhead, record, by: record.member(entry.poster),
                "entry \(entry.seq) claims to have seen entry \(event.seen.seq)", in: db)
        }
        try checkAuthorsTime(event.at, entry, record: record, in: db)
        let mark = event.callList
        if let known = lists.list(version: mark.version), known.digest != mark.digest {
            try alarm(
                .otherCallList, record, by: record.member(entry.poster),
                "entry \(entry.seq): its call list \(mark.version) is \(mark.digest), this device's \(known.digest)",
                in: db)
        }
        return mark.version > lists.newest?.list.version ?? 0 ? mark.version : nil
    }

    func checkChain(
        seq: UInt64, chain: [UInt8], record: RoomRecord, entry: Entry, in db: VaultTransaction
    ) throws {
        guard let mine = try db.chain(of: record.room, at: seq), !mine.isEmpty else { return }
        try compare(mine, with: chain, seq: seq, record: record, entry: entry, in: db)
    }

    /// - Parameter mine: the epoch's chain up to entry `seq`, as this device has it.
    func compare(
        _ mine: [UInt8], with chain: [UInt8], seq: UInt64, record: RoomRecord, entry: Entry, in db: VaultTransaction
    ) throws {
        guard mine != chain else { return }
        try alarm(
            .twoHistories, record, by: record.member(entry.poster),
            "at entry \(seq) this device has \(Self.brief(mine)), who wrote entry \(entry.seq) \(Self.brief(chain))",
            in: db)
    }

    static func brief(_ chain: [UInt8]) -> String {
        chain.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    // MARK: What is wrong

    /// Junk cannot brick a room [R3]: it is reported and passed over.
    func skip(_ entry: Entry, _ record: RoomRecord, _ reason: String, in db: VaultTransaction) throws -> Effect {
        try alarm(
            .invalidEntry(AlarmCause.EntryKind(entry.entryClass)), record, by: record.poster(of: entry),
            "entry \(entry.seq) by device \(entry.poster): \(reason)", in: db)
        return Effect()
    }

    func misattributed(_ entry: Entry, _ record: RoomRecord, in db: VaultTransaction) throws -> Effect {
        try alarm(
            .misattributed, record, by: record.relay, "entry \(entry.seq) is not by device \(entry.poster)", in: db)
        return Effect()
    }

    /// An entry under this device's name that the vault does not know. If it was encrypted with the room's secrets, then by
    /// this device, and the vault was restored from an older copy [R7]; else the relay, which has none, is making it up.
    func notMine(
        _ entry: Entry, message: [UInt8], record: inout RoomRecord, in db: VaultTransaction
    ) throws -> Effect {
        let judge = RoomJudge(room: record.room, lists: lists, time: entry.time.date, occasion: .joining)
        do {
            // Whatever it is, it does not count: only how it is refused says something.
            var probe = record.group
            _ = try probe?.process(message, judge: judge)
        } catch let error as MLSError where error.code == .ownMessage {
            return try wentBackInTime(entry, record: &record, in: db)
        } catch let error as MLSError where error.code == .wrongEpoch && record.head.quarantined != nil {
            return Effect()  // Already known.
        } catch is UnusableCommit {
            // Signed by somebody else: the relay's lie.
        }
        return try misattributed(entry, record, in: db)
    }

    /// An own entry that the vault does not know: every room is quarantined [R7].
    func wentBackInTime(_ entry: Entry, record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        let reason = "the vault is older than what this device sent (room \(record.room.short), entry \(entry.seq))"
        // It is the whole vault, whichever room shows it.
        try db.raise(AlarmSubject(.vaultWentBack), reason, at: now())
        try db.quarantineAll(reason)
        if record.head.quarantined == nil { record.head.quarantined = reason }
        return Effect()
    }

    func alarm(
        _ cause: AlarmCause, _ record: RoomRecord, by party: AlarmParty?, _ detail: String, in db: VaultTransaction
    ) throws {
        try db.raise(AlarmSubject(cause, room: record.room, by: party), detail, at: now())
    }
}

extension RoomRecord {
    /// The one that keeps the log.
    var relay: AlarmParty? { head.summary.homeRelay.map { .relay($0) } }

    /// A device, where it is in the room: there are only so many of those, and any number that a relay can make up.
    func member(_ device: DeviceID) -> AlarmParty? {
        group?.devices.contains(device) == true ? .device(device) : nil
    }

    /// Whose an entry is, as the relay says.
    func poster(of entry: Entry) -> AlarmParty? { entry.entryClass == .timer ? relay : member(entry.poster) }
}

extension AlarmCause.EntryKind {
    init(_ entryClass: EntryClass) {
        self =
            switch entryClass {
            case .commit: .commit
            case .message: .message
            case .statement: .statement
            case .timer: .timer
            case .fault: .fault
            case .leadStatement: .leadStatement
            case .welcomeFailed: .welcomeFailed
            }
    }
}

extension StoredFact {
    /// The same, at the time that the relay gave it.
    func accepted(at time: Timestamp) -> StoredFact {
        var fact = StoredFact(kind: kind, author: author, time: time)
        fact.event = event
        fact.evidence = evidence
        return fact
    }
}
