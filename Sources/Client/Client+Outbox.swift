import CallList
import Foundation
import GRDB
import Incident
import MLS
public import RelayAPI
import Sodium
import WireFormat

/// Where something that was said is now. Never mixed up: what is queued was not sent.
public enum Delivery: Sendable, Hashable {
    /// Kept here, to be sent when the relay can be reached.
    case queued(reason: String)
    /// Durable at the relay.
    case accepted(seq: UInt64, time: RelayTime)
}

/// A room that was made, or is to be made.
public struct Posted: Sendable, Hashable {
    public let room: RoomID
    public let delivery: Delivery
    /// Who could not be called, by name.
    public let unreachable: [String]
}

extension Client {
    /// How often a write is tried anew because another came first.
    static let attempts = 16

    /// What one item came to.
    struct Sent: Sendable {
        let receipt: Receipt
        var unreachable: [DeviceID] = []
    }

    /// Sends all that waits, oldest first. What a relay refuses for good is reported and dropped.
    func flush() async throws {
        for item in try vault.outbox() {
            do {
                _ = try await send(item)
            } catch let error as ClientError where error.isPassing {
                throw error
            } catch let error as ClientError {
                try vault.write { db in
                    try vault.raise(
                        "what was to be sent to room \(item.room.short) was dropped: \(error.reason)", at: now(), in: db
                    )
                    try vault.delete(item, in: db)
                }
            }
        }
    }

    /// Queues something, catches up, sends what waits, and says where it is now.
    /// - Throws: what the relay refuses for good; then it is not queued any more.
    func deliver(_ content: OutboxContent, event: EventID, room: RoomID) async throws -> (Delivery, Sent?) {
        try vault.enqueue(content, event: event, room: room)
        do {
            try await catchUp()
            for item in try vault.outbox() {
                do {
                    let sent = try await send(item)
                    if item.event == event {
                        return (.accepted(seq: sent.receipt.seq, time: sent.receipt.time), sent)
                    }
                } catch let error as ClientError where !error.isPassing {
                    try vault.write { try vault.delete(item, in: $0) }
                    if item.event == event { throw error }
                    try raise("what was to be sent to room \(item.room.short) was dropped: \(error.reason)")
                }
            }
        } catch let error as ClientError where error.isPassing {
            return (.queued(reason: error.reason), nil)
        }
        // Another process sent it meanwhile.
        return (.queued(reason: "another process is sending it"), nil)
    }

    private func send(_ item: OutboxItem) async throws -> Sent {
        try await relaying {
            switch item.content {
            case .creation(let draft, let built): try await self.create(item, draft, built)
            case .message(let draft, let encrypted): try await self.post(item, draft, encrypted)
            case .statement(let bytes): try await self.post(statement: [UInt8](bytes), item)
            }
        }
    }

    // MARK: Statements

    private func post(statement: [UInt8], _ item: OutboxItem) async throws -> Sent {
        let cursor = try vault.read { try vault.record(item.room, in: $0)?.cursor } ?? 0
        let post = EntryPost(event: item.event, entryClass: .statement, baseSeq: cursor, payload: statement)
        // An own entry is recognised in the log by what was sent.
        try vault.write { db in
            try vault.remember(sent: statement, event: item.event, fact: nil, room: item.room, in: db)
        }
        return try await finish(item, post)
    }

    // MARK: Messages

    private func post(_ item: OutboxItem, _ draft: EventDraft, _ encrypted: EncryptedEvent?) async throws -> Sent {
        var encrypted = encrypted
        for _ in 0..<Self.attempts {
            if try !revokedMembers(of: item.room).isEmpty { try await removeRevoked(from: item.room) }
            let (next, baseSeq) = try encrypt(item, draft, encrypted)
            encrypted = next
            let post = EntryPost(
                event: item.event, entryClass: .message, baseSeq: baseSeq, payload: [UInt8](next.payload),
                closesRoom: draft.closesRoom)
            do {
                return try await finish(item, post)
            } catch let problem as Problem where problem.code == .commitConflict {
                try await pull(item.room)
            }
        }
        throw ClientError(.roomBusy, "others keep changing the room", hint: "try again")
    }

    /// Encrypts an event for the room's present epoch, or takes what was encrypted for it before. The ciphertext and the
    /// state after it are stored before anything is sent [R7].
    private func encrypt(
        _ item: OutboxItem, _ draft: EventDraft, _ earlier: EncryptedEvent?
    ) throws -> (EncryptedEvent, baseSeq: UInt64) {
        try vault.write { db in
            var record = try writable(item.room, in: db)
            guard var group = record.group else { throw Self.closed(item.room) }
            if let earlier, earlier.epoch == group.epoch.value { return (earlier, record.cursor) }
            let newest = try newest()
            let chain = try vault.chain(of: item.room, at: record.cursor, in: db) ?? []
            let event = try draft.event(
                seen: Event.Seen(seq: record.cursor, chain: Data(chain)),
                callList: Event.CallListMark(version: newest.list.version, digest: newest.list.digest))
            let payload = try group.protect([UInt8](JSONEncoder().encode(event)), signer: identity.keys.mls)
            record.group = group
            try vault.update(record, in: db)
            let fact = StoredFact(kind: .event, author: device, time: draft.at, event: event)
            try vault.remember(sent: payload, event: item.event, fact: fact, room: item.room, in: db)
            var item = item
            let encrypted = EncryptedEvent(
                epoch: group.epoch.value, baseSeq: record.cursor, payload: Data(payload))
            item.content = .message(draft, encrypted: encrypted)
            try vault.replace(item, in: db)
            return (encrypted, record.cursor)
        }
    }

    /// A room that may be written to.
    /// - Throws: `unknownRoom`, `roomClosed`, `roomQuarantined`.
    func writable(_ room: RoomID, in db: Database) throws -> RoomRecord {
        guard let record = try vault.record(room, in: db) else {
            throw ClientError(.unknownRoom, "this device is not in room \(room.short)")
        }
        if let reason = record.quarantined {
            throw ClientError(
                .roomQuarantined, "room \(room.short) is not safe to write to: \(reason)",
                hint: "ask a lead to remove and re-add this device")
        }
        guard !record.closed else { throw Self.closed(room) }
        return record
    }

    static func closed(_ room: RoomID) -> ClientError {
        ClientError(.roomClosed, "room \(room.short) is closed")
    }

    private func finish(_ item: OutboxItem, _ post: EntryPost) async throws -> Sent {
        let relay = try relay()
        let receipt = try await relay.post(encoded: post.encoded, to: item.room)
        try check(receipt, room: item.room, relay: relay)
        try vault.write { try vault.delete(item, in: $0) }
        _ = try await pull(item.room)
        return Sent(receipt: receipt)
    }

    func check(_ receipt: Receipt, room: RoomID, relay: RelayConnection) throws {
        guard receipt.room == room, receipt.isValid(by: relay.endpoint.identity) else {
            throw ClientError(
                .relayMisbehaved, "the relay's receipt is not signed by its identity key",
                hint: "tell an officer: the relay may have been taken over")
        }
    }
}

extension ClientError {
    /// Whether trying again later may help: then what waits to be sent is kept.
    var isPassing: Bool {
        switch code {
        case .relayUnreachable, .pinMismatch, .relayMisbehaved, .vaultBusy, .roomBusy, .revoked: true
        case .relayRefused: true
        default: false
        }
    }
}
