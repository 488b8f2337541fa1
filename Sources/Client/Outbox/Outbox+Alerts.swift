import CallList
import Escalation
import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// Alerts that cannot be sent as they were meant: people must hear of them all the same [R15].
extension Outbox {
    /// An alert whose page cannot take a repeat any more has it go on, if it ended a moment ago by this sensor's word [R12];
    /// else it is a page of its own.
    func anew(_ item: OutboxItem, _ alert: PageDraft) throws -> Attempt {
        let fired = try vault.write { db -> OutboxItem? in
            guard let key = alert.deduplicationKey,
                let ended = try own.pageToReopen(about: key, tlp: alert.tlp, in: db)
            else { return nil }
            let content = OutboxContent.statement(
                try own.signed(.fired, ended, event: item.event, in: db), alert: alert)
            let fired = OutboxItem(id: item.id, event: item.event, room: ended, content: content)
            try db.replace(fired)
            return fired
        }
        if let fired { return .again(fired, as: .asAsked) }
        return .again(try page(insteadOf: item, alert), as: .asPage)
    }

    /// An alert whose page is over is a page of its own.
    func page(insteadOf item: OutboxItem, _ alert: PageDraft) throws -> OutboxItem {
        let draft = RoomDraft(alert: alert, route: try own.trust.route(), at: own.time)
        let page = OutboxItem(id: item.id, event: item.event, room: .random(), content: .creation(draft, built: nil))
        try vault.write { try $0.replace(page) }
        return page
    }

    /// Beyond what a relay lets a sensor have open, an alert is told in its newest open page, or waits: counted and told,
    /// never silence.
    func beyondBudget(
        _ item: OutboxItem, _ draft: RoomDraft, _ problem: Problem, as way: Sent.Way
    ) throws -> Attempt {
        let error = ClientError(problem)
        guard own.keys.kind == .sensor, case .page(let alert, _) = draft.purpose else {
            return .settled(.refused(error))
        }
        let waits = ClientError(.relayUnavailable, error.reason, hint: "resolve pages that are over: tocsin resolve")
        // What became a page because its page was over goes into no other.
        guard way == .asAsked else { return .settled(.waits(waits)) }
        let repeated = try vault.write { db -> OutboxItem? in
            guard let room = try db.newestOpenPage(where: { own.isOpenPage($0, tlp: draft.tlp) }) else { return nil }
            // By the same event, which whoever waits for it in another process looks for.
            let event = try EventDraft(
                .pageRepeat(Self.summary(of: alert)), id: item.event, at: draft.at, tlp: draft.tlp, alert: alert)
            let repeated = OutboxItem(
                id: item.id, event: item.event, room: room, content: .message(event, encrypted: nil))
            try db.replace(repeated)
            return repeated
        }
        return repeated.map { .again($0, as: .inOpenPage) } ?? .settled(.waits(waits))
    }

    private static func summary(of alert: PageDraft) -> PageRepeat {
        PageRepeat(
            title: shortened("Beyond the budget: " + alert.title, to: EventLimits.titleBytes),
            summary: shortened(
                "Another alert, for which the relay opens no page of its own. " + alert.summary,
                to: EventLimits.textBytes),
            severity: alert.severity)
    }

    private static func shortened(_ text: String, to bytes: Int) -> String {
        var text = text
        while text.utf8.count > bytes { text.removeLast() }
        return text
    }
}

extension OwnDevice {
    /// The page that this sensor has open, or queued, for a trouble. None counts that is of a lower level than `tlp`, or,
    /// as nothing may be said there any more [R2], [R5], has a revoked device in it.
    func openPage(
        about key: String, tlp: TLP, evenWithRevoked: Bool = false, in db: VaultTransaction
    ) throws -> RoomID? {
        let tag = deduplicationTag(key)
        let open = try db.newestOpenPage(deduplication: tag) {
            isOpenPage($0, tlp: tlp, evenWithRevoked: evenWithRevoked)
        }
        if let open { return open }
        return try db.outbox().last { item in
            guard case .creation(let draft, _) = item.content else { return false }
            return deduplicationTag(draft) == tag && draft.tlp >= tlp
        }?.room
    }

    /// Whether something of a level may be said in a page. Not in one that has a revoked device in it: a sensor may not
    /// remove it [R2], [R5].
    func isOpenPage(_ record: RoomRecord, tlp: TLP, evenWithRevoked: Bool = false) -> Bool {
        guard record.kind == .page, record.head.summary.status?.isOver != true else { return false }
        return mayBeWritten(record, tlp: tlp, evenWithRevoked: evenWithRevoked)
    }

    /// The page that this sensor's word ended a moment ago: fired again, it is the same [R12].
    func pageToReopen(about key: String, tlp: TLP, in db: VaultTransaction) throws -> RoomID? {
        try db.newestOpenPage(deduplication: deduplicationTag(key)) { record in
            guard mayBeWritten(record, tlp: tlp, evenWithRevoked: false), let raised = record.head.summary.opened,
                let page = try db.page(of: record.room), let ended = page.state.ended, ended.how == .sensor
            else { return false }
            let since = Elapsed(milliseconds: raised.milliseconds) + ended.at.most
            return time <= Timestamp(milliseconds: since.milliseconds).adding(seconds: UInt64(page.plan.flap))
        }
    }

    private func mayBeWritten(_ record: RoomRecord, tlp: TLP, evenWithRevoked: Bool) -> Bool {
        guard record.head.isWritable, let group = record.group,
            let policy = try? RoomPolicy(in: group.context.extensions), policy.tlpCeiling >= tlp
        else { return false }
        guard !evenWithRevoked, let newest = lists.newest else { return true }
        return trust.revoked(in: group, under: newest.list).isEmpty
    }
}
