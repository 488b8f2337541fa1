import CallList
import Escalation
import Foundation
public import Incident
import MLS
import RelayAPI
import Sodium
public import Terms

/// What became of an alert.
public enum AlertOutcome: Sendable, Hashable {
    case paged(Posted)
    /// The page was open already: it got a repeat.
    case repeated(Posted)
    case resolved(Posted)
    case nothingToResolve
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
    var outbox: Outbox { Outbox(own: own) }

    /// Pages by a policy of the call list: a notice that must be acknowledged, escalated by the relay.
    /// - Throws: `unknownPolicy`, `inputRefused`, `nobodyToPage`, `notPermitted` for a sensor.
    public func page(_ draft: PageDraft, policy id: String) async throws -> Posted {
        let team = try trust.team()
        guard let policy = team.policy(id) else {
            throw ClientError(
                .unknownPolicy, "the call list has no policy \(id)",
                hint: "there are: \(team.policies.map(\.id).sorted().joined(separator: ", "))")
        }
        try check(draft, horizon: policy.horizon)
        let room = RoomDraft(
            purpose: .page(draft, policy: id), tlp: draft.tlp, steps: team.resolve(policy),
            horizon: policy.horizon, close: policy.close, leads: [], at: own.time, claim: .random())
        try own.checkCallsSomebody(room)
        return try await make(room)
    }

    /// Pages as a sensor, with the policy that the call list gives it; repeats of the same trouble join the open page.
    public func alert(_ draft: PageDraft) async throws -> AlertOutcome {
        let route = try trust.route()
        try check(draft, horizon: route.horizon)
        let room = RoomDraft(alert: draft, route: route, at: own.time)
        let again = EventContent.pageRepeat(
            PageRepeat(title: draft.title, summary: draft.summary, severity: draft.severity))
        let event = EventID.random()
        let repeated = try EventDraft(again, id: event, at: own.time, tlp: draft.tlp, alert: draft)
        // Looked for and queued in one transaction: of many alerts at once, one makes the page [R15].
        let (queued, isRepeat) = try vault.write { db -> (Queued, Bool) in
            if let key = draft.deduplicationKey {
                if let open = try own.openPage(about: key, tlp: draft.tlp, in: db) {
                    return (try db.queue(.message(repeated, encrypted: nil), event: event, room: open), true)
                }
                if let ended = try own.pageToReopen(about: key, tlp: draft.tlp, in: db) {
                    let fired = OutboxContent.statement(
                        try own.signed(.fired, ended, event: event, in: db), alert: draft)
                    return (try db.queue(fired, event: event, room: ended), true)
                }
            }
            try own.checkCallsSomebody(room)
            return (try db.queue(.creation(room, built: nil), event: event, room: .random()), false)
        }
        let delivered = try await outbox.deliver(queued)
        let posted = posted(delivered, room: queued.room)
        switch delivered.sent?.way {
        case .asPage: return .paged(posted)
        case .inOpenPage: return .repeated(posted)
        case .asAsked, nil: return isRepeat ? .repeated(posted) : .paged(posted)
        }
    }

    /// Says that the trouble of an open page is over, as the sensor that made it. It ends only what as many persons have
    /// acknowledged as must agree, and waits for them [R12].
    public func resolveAlert(deduplicationKey: String, note: String) async throws -> AlertOutcome {
        guard kind == .sensor else {
            throw ClientError(.notPermitted, "alerts are resolved by the sensor that sent them")
        }
        let content = EventContent.resolve(Resolution(note: note))
        try checked { () throws(EventError) in try content.validate(in: .page) }
        let event = EventID.random()
        let queued = try vault.write { db -> Queued? in
            guard let room = try own.openPage(about: deduplicationKey, tlp: .clear, evenWithRevoked: true, in: db)
            else { return nil }
            // It was said, and waits for people: a tool that repeats itself fills no log.
            if try db.page(of: room)?.state.over == true { return nil }
            if !note.isEmpty {
                let said = try EventDraft(content, id: .random(), at: own.time, tlp: .clear)
                _ = try db.queue(.message(said, encrypted: nil), event: said.id, room: room)
            }
            // A page that was not made yet has no log that could have been seen.
            let resolved = try own.signed(.resolved, room, event: event, in: db)
            return try db.queue(.statement(resolved, alert: nil), event: event, room: room)
        }
        guard let queued else { return .nothingToResolve }
        return .resolved(posted(try await outbox.deliver(queued), room: queued.room))
    }

    private func check(_ draft: PageDraft, horizon: UInt32) throws(ClientError) {
        try checked { () throws(EventError) in
            try EventContent.page(draft.notice(plan: [], horizon: horizon, close: 1, isAlert: kind == .sensor))
                .validate(in: .page)
        }
    }

    /// Queues a new room and sends it if the relay can be reached.
    func make(_ draft: RoomDraft, as room: RoomID = .random()) async throws -> Posted {
        let event = EventID.random()
        return posted(try await outbox.deliver(.creation(draft, built: nil), event: event, room: room), room: room)
    }

    private func posted(_ delivered: Outbox.Delivered, room: RoomID) -> Posted {
        let sent = delivered.sent
        return Posted(
            room: sent?.room ?? room, delivery: delivered.delivery,
            unreachable: (sent?.unreachable ?? []).map { displayName(of: $0) },
            uncleared: Set((sent?.uncleared ?? []).map { displayName(of: $0) }).sorted())
    }

    /// Queues an event for a room.
    func say(_ content: EventContent, tlp: TLP?, in room: RoomID) async throws -> Posted {
        let (event, room) = (EventID.random(), try current(room))
        // While a room waits for the log to decide, what is said waits, too.
        let (record, group) = try vault.read { try Room(room, of: own).writable(evenIf: true, in: $0) }
        let ceiling = try RoomPolicy(in: group.context.extensions).tlpCeiling
        let tlp = tlp ?? ceiling
        guard tlp <= ceiling else {
            throw ClientError(
                .inputRefused, "TLP:\(tlp.rawValue) is above this room's TLP:\(ceiling.rawValue)",
                hint: "open a room of that level for those who are cleared")
        }
        try checked { () throws(EventError) in try content.validate(in: record.kind) }
        let draft = try EventDraft(content, id: event, at: own.time, tlp: tlp)
        let delivered = try await outbox.deliver(.message(draft, encrypted: nil), event: event, room: room)
        return Posted(room: room, delivery: delivered.delivery, unreachable: [], uncleared: [])
    }

    /// Gives what an event's rules refuse as this module's error.
    func checked(_ body: () throws(EventError) -> Void) throws(ClientError) {
        do {
            try body()
        } catch {
            throw ClientError(.inputRefused, error.reason, hint: error.hint)
        }
    }
}
