import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms
import WireFormat

/// Saying something: encrypted, posted, and the relay's receipt kept.
extension Room {
    /// What is to be posted, and where its author stood.
    struct Encrypted {
        let payload: [UInt8]
        let baseSeq: UInt64
        /// The commit in whose epoch it is [R3].
        let parent: UInt64

        fileprivate init(payload: [UInt8], at head: RoomHead) {
            self.payload = payload
            (baseSeq, parent) = (head.cursor, head.epochCommit)
        }
    }

    /// Encrypts an event for the room's present epoch, or takes what was encrypted for it before. The ciphertext and the
    /// state after it are stored before anything is sent [R7].
    /// - Returns: nil where the epoch holds a device that was revoked meanwhile [R2].
    func encrypt(_ item: OutboxItem, _ draft: EventDraft) throws -> Encrypted? {
        try vault.write { db in
            try trust.refresh(in: db)
            var (record, group) = try writable(in: db)
            let newest = try trust.newest()
            guard trust.revoked(in: group, under: newest.list).isEmpty else { return nil }
            let epoch = Data(LogReader.start(id, group: group))
            // As it is now: another process may have encrypted it, or sent it.
            guard let stored = try db.outboxItem(item.id) else {
                throw ClientError(.roomBusy, "another process has sent it")
            }
            if case .message(_, let earlier?) = stored.content, earlier.epoch == epoch {
                return Encrypted(payload: [UInt8](earlier.payload), at: record.head)
            }
            let chain = try db.chain(of: id, at: record.head.cursor) ?? []
            let event = try draft.event(
                seen: Event.Seen(seq: record.head.cursor, chain: Data(chain)),
                callList: Event.CallListMark(version: newest.list.version, digest: newest.list.digest))
            let payload = try group.protect([UInt8](JSONEncoder().encode(event)), signer: own.keys.mls)
            record.group = group
            try db.update(record)
            let fact = StoredFact(kind: .event, author: own.id, time: draft.at, event: event)
            try db.remember(sent: payload, event: item.event, fact: fact, room: id)
            var item = item
            item.content = .message(draft, encrypted: EncryptedEvent(epoch: epoch, payload: Data(payload)))
            try db.replace(item)
            return Encrypted(payload: payload, at: record.head)
        }
    }

    /// Encrypts a message without content for the present epoch, or takes the one that was encrypted for it before.
    /// - Returns: nil where there is nothing to go on from: no commit is undecided that somebody faulted and this device can
    /// use, or its epoch holds a device that was revoked meanwhile [R2].
    func encryptNothing(_ item: OutboxItem) throws -> Encrypted? {
        try vault.write { db in
            try trust.refresh(in: db)
            guard let record = try db.record(id), !record.head.closed, record.head.quarantined == nil,
                var group = record.group, record.order.isToBeConfirmed(by: try reader.author(own.id, in: group)),
                trust.revoked(in: group, under: try trust.newest().list).isEmpty,
                let stored = try db.outboxItem(item.id)
            else { return nil }
            let epoch = Data(LogReader.start(id, group: group))
            if case .goingOn(let earlier?) = stored.content, earlier.epoch == epoch {
                return Encrypted(payload: [UInt8](earlier.payload), at: record.head)
            }
            let payload = try group.protect([], signer: own.keys.mls)
            var next = record
            next.group = group
            try db.update(next)
            try db.remember(sent: payload, event: item.event, fact: nil, room: id)
            var item = item
            item.content = .goingOn(EncryptedEvent(epoch: epoch, payload: Data(payload)))
            try db.replace(item)
            return Encrypted(payload: payload, at: record.head)
        }
    }

    /// Posts an entry that stands for an item of the outbox, and takes the item off.
    /// - Returns: the relay's word that it is durable there.
    func post(_ entry: EntryPost, for item: OutboxItem) async throws -> Receipt {
        let receipt = try await receipt(for: entry.encoded)
        let relay = try link().endpoint.id
        try vault.write { db in
            try db.keep(receipt, of: relay, for: entry.payload, at: own.time)
            try db.delete(item)
        }
        try await pullQuietly()
        return receipt
    }

    /// Posts an encoded entry.
    func receipt(for entry: [UInt8]) async throws -> Receipt {
        let link = try link()
        let receipt = try await offeringCallLists(to: link) { try await link.post(encoded: entry, to: id) }
        try check(receipt, from: link)
        return receipt
    }

    /// Makes a request that may pin a call list. A relay that lacks the list is offered it, and asked again [R2].
    func offeringCallLists<T>(to link: Link, _ request: () async throws -> T) async throws -> T {
        do {
            return try await request()
        } catch let problem as Problem where problem.code == .callListUnknown {
            try await trust.offerQuietly(after: try await link.info().callListVersion, to: link)
            return try await request()
        }
    }

    func check(_ receipt: Receipt, from link: Link) throws(ClientError) {
        guard receipt.room == id, receipt.isValid(by: link.endpoint.identity) else {
            throw ClientError(
                .relayMisbehaved, "the relay's receipt is not signed by its identity key",
                hint: "tell an officer: the relay may have been taken over")
        }
    }
}
