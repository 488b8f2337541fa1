public import Escalation
public import Terms

// A page's fold, fact by fact. Kept by who keeps a page's head, so that taking one entry in costs what the page's state is,
// not what its log is.

extension LogFact {
    /// Whether a page may stand otherwise after it. What is only said about it (a storm of repeats, what came of it) moves
    /// none.
    public var movesPage: Bool {
        switch what {
        case .event(let event):
            if case .page = event.content { true } else { false }
        case .statement, .timer, .welcomeFailed: true
        case .lead: false
        }
    }
}

extension Page {
    /// The page that a notice makes.
    public init(_ notice: PageNotice, of room: RoomID, author: DeviceID?) {
        self.init(
            Plan(
                room: room, steps: notice.plan, sensor: notice.isAlert ? author : nil, close: notice.close,
                horizon: notice.horizon))
    }

    /// Folds what the log says next.
    public mutating func fold(_ fact: LogFact) {
        switch fact.what {
        case .event, .lead: break
        case .statement(let statement, let readings): fold(.statement(statement), at: readings)
        case .timer(let entry, let readings): fold(.timer(entry), at: readings)
        case .welcomeFailed:
            // It moves nothing by itself: what comes of it the relay's timers write.
            guard let device = fact.author else { return }
            fold(.unreached(device), at: .zero)
        }
    }
}
