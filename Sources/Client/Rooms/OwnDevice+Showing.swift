import Incident
import Terms

/// Rooms and what was said in them, with people's names.
extension OwnDevice {
    func summary(_ head: RoomHead) -> RoomSummary {
        let summary = head.summary
        return RoomSummary(
            id: head.room, kind: head.kind,
            title: summary.title ?? (head.kind == .page ? "(no notice yet)" : "(joined later)"),
            severity: summary.severity, status: head.kind == .page ? summary.status ?? .open : nil,
            opened: summary.opened, lastActivity: summary.lastActivity, from: trust.displayName(of: summary.openedBy),
            unread: head.unread, closed: head.closed)
    }

    func shown(_ fact: LogFact, in room: RoomID) -> ShownFact {
        ShownFact(room: room, fact: fact, senderName: trust.displayName(of: fact.author), isOwn: fact.author == id)
    }
}
