import Foundation
import RelayAPI
import Terms

/// Something that was just put into the outbox.
struct Queued: Sendable {
    let id: Int64
    let event: EventID
    let room: RoomID
}

extension VaultTransaction {
    func queue(_ content: OutboxContent, event: EventID, room: RoomID) throws -> Queued {
        Queued(id: try enqueue(content, event: event, room: room), event: event, room: room)
    }
}

/// Sending something that somebody waits for.
extension Outbox {
    /// What came of it: where it is now, and what was sent, if this or another process sent it.
    struct Delivered {
        let delivery: Delivery
        var sent: Sent?
    }

    /// Queues something before anything else, catches up, sends what waits, and says where it is now.
    /// - Throws: `revoked`, and what the relay refuses for good; then it is not queued any more.
    func deliver(_ content: OutboxContent, event: EventID, room: RoomID) async throws -> Delivered {
        try await deliver(try vault.write { try $0.queue(content, event: event, room: room) })
    }

    func deliver(_ queued: Queued) async throws -> Delivered {
        let verdict: Verdict?
        do {
            try await own.noticing { try await own.catchUp() }
            verdict = try await flush(asked: queued.id)
        } catch let error as ClientError {
            switch error.code {
            case .revoked, .notEnrolled:
                // Nobody would take it from this device: whoever sent it must know, and not wait.
                try withdraw(queued.id)
                throw error
            case .vaultDamaged, .vaultMisused, .ioFailure, .internalError: throw error
            default: return try whereabouts(of: queued, or: error.reason)
            }
        }
        switch verdict {
        case .sent(let sent)?: return Delivered(sent)
        case .needless(let reason)?: return Delivered(delivery: .needless(reason: reason))
        case .refused(let error)?: throw error
        case .waits(let error)?:
            try checkWaitHelps(queued, error)
            return try whereabouts(of: queued, or: error.reason)
        case nil: return try whereabouts(of: queued, or: "another process is sending it")
        }
    }

    /// Where something is now that this process did not send: another one may have.
    private func whereabouts(of queued: Queued, or reason: String) throws -> Delivered {
        let receipt = try vault.read { try $0.receipt(event: queued.event) }
        return receipt.map { Delivered(Sent($0)) } ?? Delivered(delivery: .queued(reason: reason))
    }

    /// A page for which the list that was just fetched has nobody is told so at once, and not kept.
    private func checkWaitHelps(_ queued: Queued, _ error: ClientError) throws {
        guard error.code == .nobodyToPage,
            case .creation(let draft, _)? = try vault.read({ try $0.outboxItem(queued.id) })?.content
        else { return }
        do {
            try own.checkCallsSomebody(draft)
        } catch {
            try withdraw(queued.id)
            throw error
        }
    }
}

extension Outbox.Delivered {
    fileprivate init(_ sent: Sent) { self.init(delivery: .accepted(seq: sent.seq, time: sent.time), sent: sent) }
}
