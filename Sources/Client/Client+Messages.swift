import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms
import WireFormat

/// Items of the outbox on their way into a room's log.
extension Client {
    func post(statement: [UInt8], _ item: OutboxItem) async throws -> Sent {
        let cursor = try cursor(of: item.room) ?? 0
        let post = EntryPost(event: item.event, entryClass: .statement, baseSeq: cursor, payload: statement)
        // An own entry is recognised in the log by what was sent.
        try vault.write { db in
            try db.remember(sent: statement, event: item.event, fact: nil, room: item.room)
        }
        return try await finish(item, post)
    }

    func post(_ item: OutboxItem, _ draft: EventDraft, _ encrypted: EncryptedEvent?) async throws -> Sent {
        do {
            for _ in 0..<Self.attempts {
                try refreshCallLists()
                if try !revokedMembers(of: item.room).isEmpty { try await removeRevoked(from: item.room) }
                guard let (payload, baseSeq) = try encrypt(item, draft) else { continue }
                let post = EntryPost(
                    event: item.event, entryClass: .message, baseSeq: baseSeq, payload: payload,
                    closesRoom: draft.closesRoom)
                do {
                    return try await finish(item, post)
                } catch let problem as Problem where problem.code == .commitConflict {
                    try await pull(item.room)
                }
            }
        } catch let problem as Problem {
            guard let alert = draft.alert, problem.code != .deviceUnknown, !ClientError(problem).isPassing else {
                throw problem
            }
            return try await page(insteadOf: item, alert)
        } catch let error as ClientError {
            guard let alert = draft.alert, !error.stopsAll, !error.isPassing || error.code == .roomBusy else {
                throw error
            }
            return try await page(insteadOf: item, alert)
        }
        throw ClientError(.roomBusy, "others keep changing the room", hint: "try again")
    }

    /// An alert whose page cannot take a repeat any more is a page of its own: people must hear of it [R15].
    private func page(insteadOf item: OutboxItem, _ alert: PageDraft) async throws -> Sent {
        guard let route = try newest().route else { throw Self.revoked(try newest().list.version) }
        let draft = RoomDraft(
            purpose: .page(alert, policy: nil), tlp: alert.tlp, steps: route.steps, horizon: route.horizon, leads: [],
            at: relayNow, claim: .random())
        let page = OutboxItem(id: item.id, event: item.event, room: .random(), content: .creation(draft, built: nil))
        try vault.write { try $0.replace(page) }
        var sent = try await create(page, draft, nil, mayJoin: false)
        sent.becamePage = true
        return sent
    }

    /// Encrypts an event for the room's present epoch, or takes what was encrypted for it before. The ciphertext and the
    /// state after it are stored before anything is sent [R7].
    /// - Returns: nil where the epoch holds a device that was revoked meanwhile [R2].
    private func encrypt(_ item: OutboxItem, _ draft: EventDraft) throws -> (payload: [UInt8], baseSeq: UInt64)? {
        try vault.write { db in
            try refreshCallLists(in: db)
            var record = try writable(item.room, in: db)
            guard var group = record.group else { throw Self.closed(item.room) }
            let newest = try newest()
            guard revoked(in: group, under: newest.list).isEmpty else { return nil }
            let epoch = Data(LogReader.start(item.room, group: group))
            // As it is now: another process may have encrypted it, or sent it.
            guard let stored = try db.outboxItem(item.id) else {
                throw ClientError(.roomBusy, "another process has sent it")
            }
            if case .message(_, let earlier?) = stored.content, earlier.epoch == epoch {
                return ([UInt8](earlier.payload), record.head.cursor)
            }
            let chain = try db.chain(of: item.room, at: record.head.cursor) ?? []
            let event = try draft.event(
                seen: Event.Seen(seq: record.head.cursor, chain: Data(chain)),
                callList: Event.CallListMark(version: newest.list.version, digest: newest.list.digest))
            let payload = try group.protect([UInt8](JSONEncoder().encode(event)), signer: identity.keys.mls)
            record.group = group
            try db.update(record)
            let fact = StoredFact(kind: .event, author: device, time: draft.at, event: event)
            try db.remember(sent: payload, event: item.event, fact: fact, room: item.room)
            var item = item
            item.content = .message(draft, encrypted: EncryptedEvent(epoch: epoch, payload: Data(payload)))
            try db.replace(item)
            return (payload, record.head.cursor)
        }
    }

    /// A room that may be written to.
    /// - Throws: `unknownRoom`, `roomClosed`, `roomQuarantined`.
    func writable(_ room: RoomID, in db: VaultTransaction) throws -> RoomRecord {
        let record = try open(room, in: db)
        if let reason = record.head.quarantined {
            throw ClientError(
                .roomQuarantined, "room \(room.short) is not safe to write to: \(reason)",
                hint: "ask a lead to remove and re-add this device")
        }
        return record
    }

    /// A room that is not closed. Statements may go to a quarantined one, too: they are of no epoch.
    func open(_ room: RoomID, in db: VaultTransaction) throws -> RoomRecord {
        guard let record = try db.record(room) else {
            throw ClientError(.unknownRoom, "this device is not in room \(room.short)")
        }
        guard !record.head.closed else { throw Self.closed(room) }
        return record
    }

    static func closed(_ room: RoomID) -> ClientError {
        ClientError(.roomClosed, "room \(room.short) is closed")
    }

    private func finish(_ item: OutboxItem, _ post: EntryPost) async throws -> Sent {
        let relay = try relay()
        let receipt = try await relay.post(encoded: post.encoded, to: item.room)
        try check(receipt, room: item.room, relay: relay)
        try vault.write { db in
            try db.keep(receipt, for: post.payload)
            try db.delete(item)
        }
        try await pullQuietly(item.room)
        return Sent(room: item.room, seq: receipt.seq, time: receipt.time)
    }

    func check(_ receipt: Receipt, room: RoomID, relay: RelayConnection) throws {
        guard receipt.room == room, receipt.isValid(by: relay.endpoint.identity) else {
            throw ClientError(
                .relayMisbehaved, "the relay's receipt is not signed by its identity key",
                hint: "tell an officer: the relay may have been taken over")
        }
    }
}
