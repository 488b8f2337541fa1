import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// Alerts beyond what a relay lets a sensor have open: counted and told, never silence [R15].
extension Client {
    /// Tells an alert in the sensor's newest open page, or lets it wait.
    func overflow(_ item: OutboxItem, _ draft: RoomDraft, _ problem: Problem, mayJoin: Bool) async throws -> Sent {
        let waits = ClientError(
            .relayUnavailable, ClientError(problem).reason, hint: "resolve pages that are over: tocsin resolve")
        guard mayJoin, case .page(let alert, _) = draft.purpose else { throw waits }
        let joined = try vault.write { db -> (item: OutboxItem, draft: EventDraft)? in
            guard let room = try newestOpenPage(tlp: draft.tlp, in: db) else { return nil }
            // By the same event, which whoever waits for it in another process looks for.
            let event = try EventDraft(
                .pageRepeat(Self.summary(of: alert)), id: item.event, at: draft.at, tlp: draft.tlp, alert: alert)
            let joined = OutboxItem(
                id: item.id, event: item.event, room: room, content: .message(event, encrypted: nil))
            try db.replace(joined)
            return (joined, event)
        }
        guard let joined else { throw waits }
        var sent = try await post(joined.item, joined.draft, nil)
        sent.joinedPage = !sent.becamePage
        return sent
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

    private func newestOpenPage(tlp: TLP, in db: VaultTransaction) throws -> RoomID? {
        try db.newestOpenPage { try isOpenPage($0, tlp: tlp) }
    }

    /// Whether something of a level may be said in a page. Not in one that has a revoked device in it: a sensor may not
    /// remove it [R2], [R5].
    func isOpenPage(_ record: RoomRecord, tlp: TLP, evenWithRevoked: Bool = false) throws -> Bool {
        guard record.kind == .page, !record.head.closed, record.head.quarantined == nil, let group = record.group,
            try RoomPolicy(in: group.context.extensions).tlpCeiling >= tlp
        else { return false }
        guard !evenWithRevoked, let newest = lists.newest else { return true }
        return revoked(in: group, under: newest.list).isEmpty
    }
}
