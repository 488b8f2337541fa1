import Foundation
import RelayAPI
public import Terms

/// Where something that was said is now. Never mixed up: what is queued was not sent.
public enum Delivery: Sendable, Hashable {
    /// Kept here, to be sent when the relay can be reached.
    case queued(reason: String)
    /// Durable at the relay.
    case accepted(seq: UInt64, time: Timestamp)
    /// Nothing was sent, and nothing waits: things are as they were to be, by somebody else's doing.
    case needless(reason: String)
}

/// What waits to be sent, on its way to the relay.
struct Outbox: Sendable {
    let own: OwnDevice

    var vault: Vault { own.vault }

    /// Sends all that waits, oldest first. Where a room's item has to wait, those after it in that room do, too; other
    /// rooms go on. What the relay refuses for good is dropped, and reported.
    /// - Parameter asked: the item that the caller itself reports on.
    /// - Returns: what `asked` came to; nil where it is not in the outbox any more.
    /// - Throws: what says nothing about any item, where nothing was asked for.
    @discardableResult
    func flush(asked: Int64? = nil) async throws -> Verdict? {
        var waiting: [RoomID: ClientError] = [:]
        var found: Verdict?
        for room in try vault.read({ try $0.roomsWithPendingCommit() }) {
            if let error = try await Room(room, of: own).settlePending() { waiting[room] = error }
        }
        for item in try vault.read({ try $0.outbox() }) {
            let verdict: Verdict
            if let error = waiting[item.room], error.stopsAll || !item.content.goesFirst {
                verdict = .waits(error)
            } else {
                verdict = try await decide(item, reports: item.id != asked)
            }
            if item.id == asked { found = verdict }
            switch verdict {
            case .sent, .needless, .refused: break
            case .waits(let error):
                if !item.content.goesFirst { waiting[item.room] = error }
                if error.code == .nobodyToPage { try own.raise(.pageWaits, room: item.room, error.reason) }
                guard error.stopsAll else { break }
                guard asked != nil else { throw error }
                return found ?? verdict
            }
        }
        return found
    }

    /// Tries an item, as whatever it becomes on the way, until it is sent, waits or is dropped.
    /// - Parameter reports: that it was dropped is an alarm, because nobody waits for it.
    private func decide(_ item: OutboxItem, reports: Bool) async throws -> Verdict {
        var (item, way) = (item, Sent.Way.asAsked)
        for _ in 0..<Room.attempts {
            switch try await attempt(item, as: way) {
            case .again(let next, as: let nextWay): (item, way) = (next, nextWay)
            case .settled(let verdict): return try settle(verdict, item, as: way, reports: reports)
            }
        }
        return .waits(Room(item.room, of: own).busy)
    }

    private func settle(_ verdict: Verdict, _ item: OutboxItem, as way: Sent.Way, reports: Bool) throws -> Verdict {
        switch verdict {
        case .sent(var sent):
            sent.way = way
            return .sent(sent)
        case .waits:
            // Another process may have been quicker.
            let receipt = try vault.read { try $0.receipt(event: item.event) }
            return receipt.map { .sent(Sent($0)) } ?? verdict
        case .needless: try withdraw(item.id)
        case .refused(let error):
            try withdraw(item.id, unheard: reports ? error : nil)
        }
        return verdict
    }

    /// One try.
    /// - Throws: what says nothing about the item: a revoked device, a vault that cannot be read.
    private func attempt(_ item: OutboxItem, as way: Sent.Way) async throws -> Attempt {
        do {
            return try await own.relaying {
                switch item.content {
                case .creation(let draft, let built): try await found(item, draft, built, as: way)
                case .message(let draft, _): try await say(item, draft, as: way)
                case .statement(let bytes, let alert): try await state([UInt8](bytes), item, alert: alert)
                case .fault(let bytes): try await state([UInt8](bytes), as: .fault, item)
                case .leadStatement(let bytes): try await state([UInt8](bytes), as: .leadStatement, item)
                case .goingOn: try await goOn(item)
                }
            }
        } catch let error as ClientError {
            if error.isPassing { return .settled(.waits(error)) }
            if error.stopsAll { throw error }
            return .settled(.refused(error))
        }
    }

    /// - Parameter error: why, where nobody waits to hear it: kept as an alarm, in the same transaction.
    func withdraw(_ id: Int64, unheard error: ClientError? = nil) throws {
        try vault.write { db in
            guard let item = try db.outboxItem(id) else { return }
            if let error {
                try db.raise(AlarmSubject(.sendingDropped, room: item.room), error.reason, at: own.now())
            }
            try db.delete(item)
        }
    }
}
