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

extension Client {
    /// Pages by a policy of the call list: a notice that must be acknowledged, escalated by the relay.
    /// - Throws: `unknownPolicy`, `inputRefused`, `nobodyToPage`, `notPermitted` for a sensor.
    public func page(_ draft: PageDraft, policy id: String) async throws -> Posted {
        let team = try team()
        guard let policy = team.policy(id) else {
            throw ClientError(
                .unknownPolicy, "the call list has no policy \(id)",
                hint: "there are: \(team.policies.map(\.id).sorted().joined(separator: ", "))")
        }
        return try await page(draft, policy: id, steps: team.resolve(policy, at: now()), horizon: policy.horizon)
    }

    /// Pages as a sensor, with the policy that the call list gives it; repeats of the same trouble join the open page.
    public func alert(_ draft: PageDraft) async throws -> AlertOutcome {
        let newest = try newest()
        guard kind == .sensor else {
            throw ClientError(
                .notPermitted, "alerts are sent by sensors", hint: "a person pages: tocsin page --policy …")
        }
        guard let route = newest.route else { throw Self.revoked(newest.list.version) }
        try checked { () throws(EventError) in
            try EventContent.page(draft.notice(plan: [], horizon: route.horizon)).validate(in: .page)
        }
        let room = RoomDraft(
            purpose: .page(draft, policy: nil), tlp: draft.tlp, steps: route.steps, horizon: route.horizon, leads: [],
            at: relayNow, claim: .random())
        let again = EventContent.pageRepeat(
            PageRepeat(title: draft.title, summary: draft.summary, severity: draft.severity))
        let event = EventID.random()
        let repeated = try EventDraft(again, id: event, at: relayNow, tlp: draft.tlp, alert: draft)
        // Looked for and queued in one transaction: of many alerts at once, one makes the page [R15].
        let (queued, isRepeat) = try vault.write { db -> (Queued, Bool) in
            if let key = draft.deduplicationKey, let open = try openPage(key, tlp: draft.tlp, in: db) {
                return (try enqueue(.message(repeated, encrypted: nil), event: event, room: open, in: db), true)
            }
            try checkCallsSomebody(room)
            return (try enqueue(.creation(room, built: nil), event: event, room: .random(), in: db), false)
        }
        let (delivery, sent) = try await deliver(queued)
        let posted = posted(delivery, sent, room: queued.room)
        guard let sent else { return isRepeat ? .repeated(posted) : .paged(posted) }
        return sent.becamePage || (!isRepeat && !sent.joinedPage) ? .paged(posted) : .repeated(posted)
    }

    /// Resolves the open page of that trouble, as the sensor that made it.
    public func resolveAlert(deduplicationKey: String, note: String) async throws -> AlertOutcome {
        guard kind == .sensor else {
            throw ClientError(.notPermitted, "alerts are resolved by the sensor that sent them")
        }
        let content = EventContent.resolve(Resolution(note: note))
        try checked { () throws(EventError) in try content.validate(in: .page) }
        let event = EventID.random()
        let draft = try EventDraft(content, id: event, at: relayNow, tlp: .clear, closesRoom: true)
        let queued = try vault.write { db -> Queued? in
            guard let room = try openPage(deduplicationKey, tlp: .clear, evenWithRevoked: true, in: db) else {
                return nil
            }
            return try enqueue(.message(draft, encrypted: nil), event: event, room: room, in: db)
        }
        guard let queued else { return .nothingToResolve }
        let (delivery, sent) = try await deliver(queued)
        return .resolved(posted(delivery, sent, room: queued.room))
    }

    private func page(
        _ draft: PageDraft, policy: String?, steps: [Step], horizon: UInt32
    ) async throws -> Posted {
        try checked { () throws(EventError) in
            try EventContent.page(draft.notice(plan: [], horizon: horizon)).validate(in: .page)
        }
        let room = RoomDraft(
            purpose: .page(draft, policy: policy), tlp: draft.tlp, steps: steps, horizon: horizon, leads: [],
            at: relayNow, claim: .random())
        try checkCallsSomebody(room)
        return try await make(room)
    }

    /// Queues a new room and sends it if the relay can be reached.
    func make(_ draft: RoomDraft) async throws -> Posted {
        let room = RoomID.random()
        let event = EventID.random()
        let (delivery, sent) = try await deliver(.creation(draft, built: nil), event: event, room: room)
        return posted(delivery, sent, room: room)
    }

    private func posted(_ delivery: Delivery, _ sent: Sent?, room: RoomID) -> Posted {
        Posted(
            room: sent?.room ?? room, delivery: delivery,
            unreachable: (sent?.unreachable ?? []).map { displayName(of: $0) },
            uncleared: Set((sent?.uncleared ?? []).map { displayName(of: $0) }).sorted())
    }

    /// The page that this sensor has open, or queued, for a trouble. None counts that is of a lower level than `tlp`, or,
    /// as nothing may be said there any more [R2], [R5], has a revoked device in it.
    private func openPage(
        _ key: String, tlp: TLP, evenWithRevoked: Bool = false, in db: VaultTransaction
    ) throws -> RoomID? {
        let tag = deduplicationTag(key)
        let open = try db.newestOpenPage(deduplication: tag) {
            try isOpenPage($0, tlp: tlp, evenWithRevoked: evenWithRevoked)
        }
        if let open { return open }
        return try db.outbox().last { item in
            guard case .creation(let draft, _) = item.content else { return false }
            return deduplicationTag(draft) == tag && draft.tlp >= tlp
        }?.room
    }

    /// Queues an event for a room.
    func say(
        _ content: EventContent, tlp: TLP?, in room: RoomID, closesRoom: Bool = false
    ) async throws -> Posted {
        let event = EventID.random()
        let record = try vault.read { try writable(room, in: $0) }
        guard let group = record.group else { throw Self.closed(room) }
        let ceiling = try RoomPolicy(in: group.context.extensions).tlpCeiling
        let tlp = tlp ?? ceiling
        guard tlp <= ceiling else {
            throw ClientError(
                .inputRefused, "TLP:\(tlp.rawValue) is above this room's TLP:\(ceiling.rawValue)",
                hint: "open a room of that level for those who are cleared")
        }
        try checked { () throws(EventError) in try content.validate(in: record.kind) }
        let draft = try EventDraft(content, id: event, at: relayNow, tlp: tlp, closesRoom: closesRoom)
        let (delivery, _) = try await deliver(.message(draft, encrypted: nil), event: event, room: room)
        return Posted(room: room, delivery: delivery, unreachable: [], uncleared: [])
    }

    /// Gives what an event's rules refuse as this module's error.
    func checked(_ body: () throws(EventError) -> Void) throws(ClientError) {
        do {
            try body()
        } catch {
            throw ClientError(.inputRefused, error.reason, hint: error.hint)
        }
    }

    // MARK: Acknowledging

    /// Says that this person has it: stops the escalation [R11].
    public func acknowledge(_ room: RoomID) async throws -> Delivery { try await state(.ack, room) }

    /// Takes an acknowledgement back: the escalation goes on.
    public func unacknowledge(_ room: RoomID) async throws -> Delivery { try await state(.unack, room) }

    private func state(_ kind: RelayAPI.Statement.Kind, _ room: RoomID) async throws -> Delivery {
        guard self.kind == .person else { throw ClientError(.notPermitted, "a sensor cannot acknowledge") }
        let record = try vault.read { try open(room, in: $0) }
        guard record.kind == .page else {
            throw ClientError(.inputRefused, "room \(room.short) is no page, so there is nothing to acknowledge")
        }
        let event = EventID.random()
        let statement = RelayAPI.Statement(kind: kind, room: room, device: device, event: event, at: relayNow)
        let (delivery, _) = try await deliver(
            .statement(Data(try statement.signed(by: identity.keys.mls))), event: event, room: room)
        return delivery
    }

    /// Releases the next step at once.
    public func escalate(_ room: RoomID) async throws {
        try await relaying { try await self.relay().escalate(room, event: .random()) }
    }

    /// Says that the trouble is over, and closes the page.
    public func resolve(_ room: RoomID, note: String) async throws -> Delivery {
        guard try vault.read({ try writable(room, in: $0) }).kind == .page else {
            throw ClientError(.inputRefused, "room \(room.short) is no page")
        }
        return try await say(.resolve(Resolution(note: note)), tlp: nil, in: room, closesRoom: true).delivery
    }
}
