import CallList
import DSSE
import Escalation
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Entries that are no MLS messages: what moves a page's escalation.
extension LogReader {
    /// A device-signed statement, whoever posted it: it is shown only where its signature verifies under the pinned call list,
    /// and counts by the same rules as at the relay [R11].
    func statement(_ entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard let group = record.group else { return Effect() }
        let known = try lists.list(RoomPolicy(in: group.context.extensions).pin)
        guard let stamped = try? StampedStatement(decoding: entry.payload),
            let unverified = try? UnverifiedStatement(decoding: stamped.envelope)
        else { return try skip(entry, record, "its form is wrong", in: db) }
        let author = unverified.claimedDevice
        guard let key = known.list.device(author)?.mlsKey,
            group.members.contains(where: { $0.leaf.identity == author.bytes })
        else { return try skip(entry, record, "its author may make no statement here", in: db) }
        guard let said = try? unverified.verify(by: key) else {
            return try skip(entry, record, "its signature does not verify", in: db)
        }
        if entry.poster == device, try db.sent(stamped.envelope, room: record.room) == nil {
            _ = try wentBackInTime(entry, record: &record, in: db)
        }
        if let refusal = try db.page(of: record.room)?.refusal(of: said.pageStatement) {
            return try skip(entry, record, "the relay took what counts for nothing (\(refusal.rawValue))", in: db)
        }
        try checkSeen(said.statement, entry: entry, record: record, in: db)
        return Effect(fact: StoredFact(said, stamped: stamped, time: entry.time), said: (author, said.statement.event))
    }

    /// A relay that shows two people different logs is found out by what they sign [R11].
    private func checkSeen(
        _ statement: RelayAPI.Statement, entry: Entry, record: RoomRecord, in db: VaultTransaction
    ) throws {
        let seen = statement.seen
        try checkAuthorsTime(statement.at, entry, record: record, in: db)
        guard seen.seq < entry.seq else {
            return try alarm(
                .seenAhead, record, by: record.member(statement.device),
                "entry \(entry.seq) claims to have seen entry \(seen.seq)", in: db)
        }
        guard let mine = try db.relayChain(of: record.room, at: seen.seq), mine != [UInt8](seen.chain) else { return }
        try alarm(
            .twoHistories, record, by: record.member(statement.device),
            "at entry \(seen.seq) this device has \(Self.brief(mine)), who signed entry \(entry.seq) "
                + Self.brief([UInt8](seen.chain)), in: db)
    }

    /// The relay's word of what its timers did. It counts in any case, so that all who read the log agree; where it was not
    /// due by the page's own rules, that is proof of a relay that lies, and an alarm.
    func timer(_ entry: Entry, on record: RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard let signed = try? SignedTimerEntry(decoding: entry.payload) else {
            return try skip(entry, record, "its form is wrong", in: db)
        }
        guard let relay = lists.newest?.list.relays.first(where: { $0.id == record.head.summary.homeRelay }),
            let identity = try? Ed25519.PublicKey([UInt8](relay.identity)),
            signed.isValid(room: record.room, seq: entry.seq, by: identity)
        else { return try skip(entry, record, "it is not signed by the room's relay", in: db) }
        if let page = try db.page(of: record.room) { try check(signed, entry, page: page, record: record, in: db) }
        var effect = Effect(fact: StoredFact(signed, time: entry.time))
        effect.closes = signed.entry == .gone
        return effect
    }

    private func check(
        _ signed: SignedTimerEntry, _ entry: Entry, page: Page, record: RoomRecord, in db: VaultTransaction
    ) throws {
        switch signed.entry {
        case .void(let digests):
            // Which devices are lost is the call list's to say, and no entry's.
            let named = Set(digests)
            let holding = page.state.acknowledgements.filter { named.contains($0.digest) }.first {
                isListed($0.device, at: entry.time)
            }
            guard let holding else { return }
            try alarm(
                .acknowledgementTakenBack, record, by: record.relay,
                "entry \(entry.seq): device \(holding.device), which gave it, is listed", in: db)
        case .skipped, .released: break
        case .rang, .again, .alone: try checkDue(signed, .pageAgain, entry, page: page, record: record, in: db)
        case .ended: try checkDue(signed, .end, entry, page: page, record: record, in: db)
        case .gone: try checkDue(signed, .destroy, entry, page: page, record: record, in: db)
        }
        if signed.entry == .ended(.unseen) {
            try alarm(.unseen, record, by: nil, "entry \(entry.seq)", in: db)
        }
    }

    private func checkDue(
        _ signed: SignedTimerEntry, _ timer: AlarmCause.PageTimer, _ entry: Entry, page: Page, record: RoomRecord,
        in db: VaultTransaction
    ) throws {
        guard page.due(at: signed.readings) != signed.entry else { return }
        try alarm(.notDue(timer), record, by: record.relay, "entry \(entry.seq)", in: db)
    }

    private func isListed(_ device: DeviceID, at time: Timestamp) -> Bool {
        lists.newest?.list.isInTime(device, at: time.date) ?? false
    }
}
