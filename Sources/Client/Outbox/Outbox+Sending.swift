import Escalation
import Foundation
import Incident
import RelayAPI
import Terms

/// One try to send an item, by what it is.
extension Outbox {
    /// A signed statement.
    func state(_ statement: [UInt8], _ item: OutboxItem, alert: PageDraft?) async throws -> Attempt {
        let room = Room(item.room, of: own)
        let entry = EntryPost(
            event: item.event, entryClass: .statement, baseSeq: try room.cursor() ?? 0, payload: statement)
        // An own entry is recognised in the log by what was sent.
        try vault.write { try $0.remember(sent: statement, event: item.event, fact: nil, room: item.room) }
        do {
            return .settled(.sent(Sent(try await room.post(entry, for: item))))
        } catch let problem as Problem where problem.isFinal {
            if let alert { return .again(try page(insteadOf: item, alert), as: .asPage) }
            guard problem.code == .roomClosed, let reason = try await ending(of: item.room) else { throw problem }
            return .settled(.needless(reason: reason))
        } catch let error as ClientError where !error.stopsAll && !error.isPassing {
            guard let alert else { throw error }
            return .again(try page(insteadOf: item, alert), as: .asPage)
        }
    }

    /// An event, encrypted for whoever is in the room now.
    func say(_ item: OutboxItem, _ draft: EventDraft, as way: Sent.Way) async throws -> Attempt {
        if let moved = try moved(item, draft) { return .again(moved, as: way) }
        let room = Room(item.room, of: own)
        do {
            try own.trust.refresh()
            if try !room.isForgotten, try !room.revokedMembers().isEmpty { try await room.removeRevoked() }
            guard let encrypted = try room.encrypt(item, draft) else { return .again(item, as: way) }
            let entry = EntryPost(
                event: item.event, entryClass: .message, baseSeq: encrypted.baseSeq, parent: encrypted.parent,
                payload: encrypted.payload)
            do {
                return .settled(.sent(Sent(try await room.post(entry, for: item))))
            } catch let problem as Problem where problem.code == .commitConflict {
                try await room.pull()
                return .again(item, as: way)
            }
        } catch let problem as Problem where problem.isFinal {
            return try await refused(item, draft, ClientError(problem))
        } catch let error as ClientError where !error.stopsAll && (!error.isPassing || error.code == .roomBusy) {
            return try await refused(item, draft, error)
        }
    }

    /// The same for the room that took the place of a broken one [R8]; nil where none did.
    private func moved(_ item: OutboxItem, _ draft: EventDraft) throws -> OutboxItem? {
        try vault.write { db in
            let current = try db.current(item.room)
            guard current != item.room, try db.outboxItem(item.id) != nil else { return nil }
            let moved = OutboxItem(
                id: item.id, event: item.event, room: current, content: .message(draft, encrypted: nil))
            try db.replace(moved)
            return moved
        }
    }

    /// A room, built and posted whole.
    func found(_ item: OutboxItem, _ draft: RoomDraft, _ built: BuiltRoom?, as way: Sent.Way) async throws -> Attempt {
        switch try await Room(item.room, of: own).found(item, draft, built) {
        case .accepted(let receipt, let built):
            var sent = Sent(receipt)
            sent.unreachable = built.unreachable
            sent.uncleared = built.uncleared ?? []
            return .settled(.sent(sent))
        case .outdated: return .again(try startedAnew(item, draft), as: way)
        case .nobodyHasKeyPackages:
            _ = try startedAnew(item, draft)
            return .settled(
                .waits(
                    ClientError(
                        .nobodyToPage, "nobody on the policy can be called: no device has a key package at the relay",
                        hint: "have their devices run `tocsin status` once, or page with another policy")))
        case .beyondBudget(let problem): return try beyondBudget(item, draft, problem, as: way)
        }
    }

    /// Forgets what was built, and claims other key packages.
    private func startedAnew(_ item: OutboxItem, _ draft: RoomDraft) throws -> OutboxItem {
        var (item, draft) = (item, draft)
        draft.claim = .random()
        item.content = .creation(draft, built: nil)
        try vault.write { try $0.replace(item) }
        return item
    }

    // MARK: What an event's refusal leads to

    private func refused(_ item: OutboxItem, _ draft: EventDraft, _ error: ClientError) async throws -> Attempt {
        if let alert = draft.alert { return try anew(item, alert) }
        let head = try Room(item.room, of: own).head()
        if let head, head.isForgotten, !head.closed, head.kind == .incident {
            return .settled(
                .waits(
                    ClientError(
                        .roomBusy, error.reason, hint: "a lead goes on with: tocsin room reopen \(head.room.short)")))
        }
        return .settled(error.isPassing ? .waits(error) : .refused(error))
    }

    /// How a page ended about which somebody still had something to say.
    /// - Returns: nil where it did not, as far as the log shows.
    private func ending(of room: RoomID) async throws -> String? {
        try await Room(room, of: own).pullQuietly()
        let state = PageState(try vault.read { try $0.facts(of: room) }, of: room)
        guard let end = state.end else { return nil }
        let names = state.agreed.map { own.trust.displayName(of: $0) }.joined(separator: " and ")
        switch end.how {
        case .resolved: return "\(names) resolved page \(room.short) already"
        case .sensor: return "page \(room.short) is over: \(own.trust.displayName(of: state.author)) says so"
        case .horizon, .unseen: return "page \(room.short) reached its end"
        }
    }
}
