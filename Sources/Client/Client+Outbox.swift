import Foundation
import RelayAPI
public import Terms

/// Where something that was said is now. Never mixed up: what is queued was not sent.
public enum Delivery: Sendable, Hashable {
    /// Kept here, to be sent when the relay can be reached.
    case queued(reason: String)
    /// Durable at the relay.
    case accepted(seq: UInt64, time: Timestamp)
}

/// A room that was made, or is to be made.
public struct Posted: Sendable, Hashable {
    public let room: RoomID
    public let delivery: Delivery
    /// Who could not be called, because the relay has no key package of theirs, by name.
    public let unreachable: [String]
    /// Who was left out of a page above their clearance, by name.
    public let uncleared: [String]
}

extension Client {
    /// How often a write is tried anew because another came first.
    static let attempts = 16

    /// What one item came to.
    struct Sent: Sendable {
        let room: RoomID
        let seq: UInt64
        let time: Timestamp
        var unreachable: [DeviceID] = []
        var uncleared: [DeviceID] = []
        /// A repeat whose page was over, and that became a page of its own.
        var becamePage = false
        /// An alert beyond the relay's budget, told in a page that was open already [R15].
        var joinedPage = false
    }

    enum Outcome: Sendable {
        case sent(Sent)
        /// It stays queued.
        case waits(ClientError)
        /// It is queued no more.
        case refused(ClientError)
    }

    /// Sends all that waits, oldest first. Where a room's item has to wait, those after it in that room do, too; other
    /// rooms go on. What the relay refuses for good is dropped, and reported.
    /// - Parameter own: the item that the caller itself reports on.
    /// - Returns: what `own` came to; nil where it is not in the outbox any more.
    @discardableResult
    func flush(own: Int64? = nil) async throws -> Outcome? {
        var waiting: [RoomID: ClientError] = [:]
        var found: Outcome?
        for room in try vault.read({ try $0.roomsWithPendingCommit() }) {
            if let error = try await settleQuietly(room) { waiting[room] = error }
        }
        for item in try vault.read({ try $0.outbox() }) {
            let outcome: Outcome
            if let error = waiting[item.room] {
                outcome = .waits(error)
            } else {
                outcome = try await attempt(item, reports: item.id != own)
            }
            if item.id == own { found = outcome }
            guard case .waits(let error) = outcome else { continue }
            waiting[item.room] = error
            if error.code == .nobodyToPage { try raise("a page waits: \(error.reason)") }
            guard error.stopsAll else { continue }
            guard own != nil else { throw error }
            return found ?? .waits(error)
        }
        return found
    }

    private func attempt(_ item: OutboxItem, reports: Bool) async throws -> Outcome {
        do {
            return .sent(try await send(item))
        } catch let error as ClientError {
            if error.isPassing {
                // Another process may have been quicker.
                return try vault.read({ try $0.receipt(event: item.event) }).map { .sent(Sent($0)) } ?? .waits(error)
            }
            // Neither says anything about the item.
            if error.stopsAll { throw error }
            try vault.write { db in
                if reports {
                    try db.raise(
                        "what was to be sent to room \(item.room.short) was dropped: \(error.reason)", at: now())
                }
                try db.delete(item)
            }
            return .refused(error)
        }
    }

    /// Something that was just put into the outbox.
    struct Queued: Sendable {
        let id: Int64
        let event: EventID
        let room: RoomID
    }

    func enqueue(_ content: OutboxContent, event: EventID, room: RoomID, in db: VaultTransaction) throws -> Queued {
        Queued(id: try db.enqueue(content, event: event, room: room), event: event, room: room)
    }

    /// Queues something before anything else, catches up, sends what waits, and says where it is now.
    /// - Throws: `revoked`, and what the relay refuses for good; then it is not queued any more.
    func deliver(_ content: OutboxContent, event: EventID, room: RoomID) async throws -> (Delivery, Sent?) {
        try await deliver(try vault.write { try enqueue(content, event: event, room: room, in: $0) })
    }

    func deliver(_ queued: Queued) async throws -> (Delivery, Sent?) {
        do {
            try await catchUp()
            switch try await flush(own: queued.id) {
            case .sent(let sent)?: return (.accepted(seq: sent.seq, time: sent.time), sent)
            case .refused(let error)?: throw Refused(error: error)
            case .waits(let error)?:
                try checkWaitHelps(queued, error)
                return try whereabouts(of: queued, or: error.reason)
            case nil: return try whereabouts(of: queued, or: "another process is sending it")
            }
        } catch let refused as Refused {
            throw refused.error
        } catch let error as ClientError {
            switch error.code {
            case .revoked, .notEnrolled:
                // Nobody would take it from this device: whoever sent it must know, and not wait.
                try withdraw(queued)
                throw error
            case .vaultDamaged, .ioFailure, .internalError: throw error
            default: return try whereabouts(of: queued, or: error.reason)
            }
        }
    }

    /// Where something is now that this process did not send: another one may have.
    private func whereabouts(of queued: Queued, or reason: String) throws -> (Delivery, Sent?) {
        guard let receipt = try vault.read({ try $0.receipt(event: queued.event) }) else {
            return (.queued(reason: reason), nil)
        }
        return (.accepted(seq: receipt.seq, time: receipt.time), Sent(receipt))
    }

    /// A page for which the list that was just fetched has nobody is told so at once, and not kept.
    private func checkWaitHelps(_ queued: Queued, _ error: ClientError) throws {
        guard error.code == .nobodyToPage,
            case .creation(let draft, _)? = try vault.read({ try $0.outboxItem(queued.id) })?.content
        else { return }
        do {
            try checkCallsSomebody(draft)
        } catch {
            try withdraw(queued)
            throw Refused(error: error)
        }
    }

    private func withdraw(_ queued: Queued) throws {
        try vault.write { db in
            if let item = try db.outboxItem(queued.id) { try db.delete(item) }
        }
    }

    /// Of the item itself, as opposed to what went wrong on the way to it.
    private struct Refused: Error {
        let error: ClientError
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
}

extension Client.Sent {
    fileprivate init(_ receipt: Receipt) { self.init(room: receipt.room, seq: receipt.seq, time: receipt.time) }
}
