import CallList
import Escalation
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Founding: claim key packages, create the group, add everybody in one commit, encrypt the first event, post all of it at
/// once.
extension Room {
    /// What one try came to.
    enum Founded {
        case accepted(Receipt, BuiltRoom)
        /// Never accepted: the call list has moved on, and the room is made anew from it.
        case outdated
        /// No device of those to be called has a key package at the relay. The same claim would give the same answer for
        /// ever.
        case nobodyHasKeyPackages
        /// Beyond what the relay lets this device have open [R15].
        case beyondBudget(Problem)
    }

    /// - Parameters:
    ///   - item: the outbox's, which is taken off once the room is accepted.
    ///   - built: what an earlier try built.
    /// - Throws: where the relay could not decide now, or refused for good.
    func found(_ item: OutboxItem, _ draft: RoomDraft, _ built: BuiltRoom?) async throws -> Founded {
        let link = try own.links.forNewRooms()
        if let built, try built.homeRelay != link.endpoint.id || holdsRevoked(built), try await !isKnown(at: link) {
            return .outdated
        }
        var built = built
        if built == nil { built = try await build(item, draft, link: link) }
        guard let built else { return .nobodyHasKeyPackages }
        do {
            return .accepted(try await post(built, of: draft, item: item, to: link), built)
        } catch let problem as Problem where problem.code == .memberNotListed {
            try await trust.fetch(upTo: try await link.info().callListVersion, from: link)
            return .outdated
        } catch let problem as Problem where problem.code == .limitReached {
            return .beyondBudget(problem)
        }
    }

    private func post(
        _ built: BuiltRoom, of draft: RoomDraft, item: OutboxItem, to link: Link
    ) async throws -> Receipt {
        let receipts = try await offeringCallLists(to: link) {
            try await link.create(encoded: [UInt8](built.creation)).receipts
        }
        let creation = try RoomCreation(decoding: [UInt8](built.creation))
        guard receipts.count == creation.entries.count, let last = receipts.last,
            receipts.enumerated().allSatisfy({ $1.seq == UInt64($0) + 1 })
        else { throw ClientError(.relayMisbehaved, "the relay's answer is not what the protocol says") }
        for receipt in receipts { try check(receipt, from: link) }
        try vault.write { db in
            try accept(creation, of: draft, receipts: receipts, built: built, in: db)
            try db.delete(item)
        }
        // The group's first state was in the outbox.
        vault.truncateLog()
        try await pullQuietly()
        return last
    }

    /// Enters an accepted room into the vault.
    private func accept(
        _ creation: RoomCreation, of draft: RoomDraft, receipts: [Receipt], built: BuiltRoom, in db: VaultTransaction
    ) throws {
        // Another process was quicker.
        guard try db.record(id) == nil else { return }
        let group = try Group(serialized: SecretBytes(built.group))
        var record = RoomRecord(
            head: RoomHead(
                room: id, kind: creation.kind, since: receipts.first?.time ?? own.time,
                deduplication: built.deduplication.map { [UInt8]($0) },
                cursor: 0, readCursor: 0, epochCommit: Self.foundingCommit, relayChain: LogChain.start(room: id)),
            group: group)
        record.head.summary.homeRelay = built.homeRelay
        record.head.summary.entered = own.time
        record.head.summary.generation = receipts.last?.mark.generation
        if creation.kind == .incident {
            record.head.healing = own.healing?.nextDay(group.devices.count, after: own.time)
        }
        var chain: [UInt8] = []
        try db.insert(record)
        for (post, receipt) in zip(creation.entries, receipts) {
            chain =
                post.entryClass == .commit
                ? LogReader.start(id, group: group)
                : LogChain.next(
                    chain, seq: receipt.seq, time: receipt.time, poster: own.id, entryClass: post.entryClass,
                    payload: post.payload)
            let expected = LogChain.next(
                record.head.relayChain, seq: receipt.seq, time: receipt.time, poster: own.id,
                entryClass: post.entryClass,
                payload: post.payload)
            if receipt.chain != expected {
                try db.raise(
                    AlarmSubject(.receiptsWrong, room: id, by: .relay(built.homeRelay)),
                    "entry \(receipt.seq): its chain is not that of what was sent", at: own.now())
            }
            let fact =
                post.entryClass == .message
                ? StoredFact(kind: .event, author: own.id, time: receipt.time, event: built.event) : nil
            try db.append(
                fact, said: fact == nil ? nil : (own.id, built.event.id), isOwn: true, to: &record, seq: receipt.seq,
                chain: chain, relayChain: receipt.chain)
            // Found by whoever waits for it in another process, and compared with what the relay says later.
            try db.remember(sent: post.payload, event: post.event, fact: nil, room: id)
            try db.keep(receipt, of: built.homeRelay, for: post.payload, at: own.time)
            if creation.kind == .incident { try db.note(written: receipt.time, by: own.id, in: id) }
            record.head.cursor = receipt.seq
            record.head.relayChain = receipt.chain
        }
        record.head.readCursor = record.head.cursor
        try db.update(record)
        try noteSuccession(by: group, in: db)
        // Until it is known that somebody has it: a relay may lose it [R22].
        if creation.kind == .page, let mark = receipts.last?.mark {
            try db.keep(draft, of: id, at: built.homeRelay, in: mark.generation)
        }
    }

    // MARK: Building

    /// Whether a room that is ready to be posted has somebody in it who was revoked meanwhile [R2].
    private func holdsRevoked(_ built: BuiltRoom) throws -> Bool {
        try !trust.revoked(in: Group(serialized: SecretBytes(built.group)), under: trust.newest().list).isEmpty
    }

    /// Whether the relay has the room: an answer that never came may have been a yes.
    private func isKnown(at link: Link) async throws -> Bool {
        do {
            _ = try await link.entries(of: id, after: 0, limit: 1)
            return true
        } catch let problem as Problem where problem.code == .roomUnknown {
            return false
        }
    }

    /// - Returns: nil where nobody can be called.
    private func build(_ item: OutboxItem, _ draft: RoomDraft, link: Link) async throws -> BuiltRoom? {
        let newest = try trust.newest()
        let (resolved, uncleared) = draft.steps(for: own.id, under: newest)
        let wanted = resolved.flatMap { $0.persons.flatMap { $0 } }.filter { $0 != own.id }
        let packages = try await own.claim(wanted, claim: draft.claim, from: link, list: newest.list)
        let steps = resolved.map { step in
            step.mapPersons { devices in
                // Who pages and is on call is one of those called: what they say counts.
                let reached = devices.filter { packages[$0] != nil || $0 == own.id }
                return reached.isEmpty ? nil : reached
            }
        }
        if draft.kind == .page, packages.isEmpty { return nil }
        let built = try assemble(
            item, draft, steps: steps, packages: packages, newest: newest, wanted: wanted, uncleared: uncleared)
        return try vault.write { db in
            guard var stored = try db.outboxItem(item.id) else {
                throw ClientError(.roomBusy, "another process has sent it")
            }
            // One event, one room: what another process made of it first is what goes out.
            if case .creation(_, let other?) = stored.content, stored.event == item.event { return other }
            stored.content = .creation(draft, built: built)
            try db.replace(stored)
            return built
        }
    }
}
