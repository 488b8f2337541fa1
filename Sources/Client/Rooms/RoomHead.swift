import Incident
import Terms

/// A room as lists and commands ask about it: all but its secrets, and what its log comes to, kept by whoever adds to it.
struct RoomHead: Sendable {
    let room: RoomID
    let kind: RoomKind
    /// When this device first came in, by the relay: what newest first means, in whatever order Welcomes came.
    let since: Timestamp
    /// What repeats of an alert find it by, for the sensor that made it.
    let deduplication: [UInt8]?
    /// The last entry that was processed.
    var cursor: UInt64
    /// The last entry that a person was shown.
    var readCursor: UInt64
    /// Nothing can be written any more.
    var closed = false
    /// Why nothing is sent to it any more; nil where all is well.
    var quarantined: String?
    /// The relay's chain at `cursor`.
    var relayChain: [UInt8]
    /// The highest epoch that the vault has had here.
    var highestEpoch: UInt64 = 0
    /// What others said after `readCursor`.
    var unread = 0
    var summary = Summary()

    /// What is known of the room without its secrets: where it lives, and what its log comes to, as far as a list shows it.
    struct Summary: Codable, Sendable, Hashable {
        /// Which relay keeps the log, by its id on the call list.
        var homeRelay: String?
        var title: String?
        /// Of a page.
        var severity: Severity?
        var status: PageState.Status?
        var opened: Timestamp?
        var openedBy: DeviceID?
        var lastActivity: Timestamp?
        /// When a page's horizon is reached [R12].
        var ends: Timestamp?
    }

    /// Takes over what was said last.
    /// - Parameters:
    ///   - isOwn: this device's own words are never unread.
    ///   - facts: all of the room's; asked for only where the state of a page may have changed.
    mutating func take(_ fact: LogFact, isOwn: Bool, facts: () throws -> [LogFact]) rethrows {
        if !isOwn, fact.seq > readCursor { unread += 1 }
        summary.lastActivity = fact.time
        switch kind {
        case .incident:
            guard summary.title == nil, case .event(let event) = fact.what,
                case .incident(let opening) = event.content
            else { return }
            summary.title = opening.title
            summary.opened = fact.time
            summary.openedBy = fact.author
        case .page:
            // Neither a storm of repeats nor what a later program says changes what is shown.
            if case .event(let event) = fact.what {
                switch event.content {
                case .pageRepeat, .unknown: return
                default: break
                }
            }
            summary.take(PageState(try facts(), of: room))
        }
    }
}

extension RoomHead.Summary {
    fileprivate mutating func take(_ page: PageState) {
        title = page.notice?.title
        severity = page.notice?.severity
        status = page.status
        opened = page.raised
        openedBy = page.author
        if let raised = page.raised, let notice = page.notice {
            ends = raised.adding(seconds: UInt64(notice.horizon))
        }
    }
}
