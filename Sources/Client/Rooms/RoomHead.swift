import Escalation
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
    /// A commit stands that this device cannot use: nothing is for it there until it is added anew [R4, R8].
    var lost = false
    /// Why nothing is sent to it any more; nil where all is well.
    var quarantined: String?
    /// The number of the commit that began the epoch that this device is in.
    var epochCommit: UInt64
    /// The relay's chain at `cursor`.
    var relayChain: [UInt8]
    /// The highest epoch that the vault has had here.
    var highestEpoch: UInt64 = 0
    /// Its relay went back in time and does not have it any more [R22].
    var isForgotten = false
    /// When this device next renews its keys in it; nil where it does not [R21].
    var healing: Timestamp?
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
        /// When this device came in, by its own clock.
        var entered: Timestamp?
        var lastActivity: Timestamp?
        /// In which life of its relay this device made it; nil where others did [R22].
        var generation: Generation?
        /// The relay's time of the last entry.
        var relayTime: Timestamp?
        /// When a page's group is wiped, where the relay has not said by then that the page is gone [R12].
        var wipe: Timestamp?
    }

    /// Takes over what was said last.
    /// - Parameters:
    ///   - isOwn: this device's own words are never unread.
    ///   - page: what a page's log has folded to; looked at only where the fact moves it (``LogFact/movesPage``).
    mutating func take(_ fact: LogFact, isOwn: Bool, page: inout Page?) {
        if !isOwn, fact.isNews, fact.seq > readCursor { unread += 1 }
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
            if page == nil, case .event(let event) = fact.what, case .page(let notice) = event.content {
                page = Page(notice, of: room, author: fact.author)
                summary.open(notice, by: fact)
            } else {
                page?.fold(fact)
            }
            guard let page else { return }
            summary.status = page.status
            summary.wipe = summary.opened.map { Self.wiped(page, raised: max($0, summary.entered ?? $0)) }
        }
    }
}

extension RoomHead {
    /// Whether anything can be said in it.
    var isWritable: Bool { !closed && !lost && quarantined == nil && !isForgotten }

    /// A day after an ended page's hour is over [R12]. It ends at its horizon at the latest, whatever readings of time the
    /// relay signs: those keep no secrets longer.
    /// - Parameter raised: by the relay's clock or by this device's, whichever is later: where the relay's was days behind, and
    ///   is set right, an open page is not over [R18].
    private static func wiped(_ page: Page, raised: Timestamp) -> Timestamp {
        let horizon = Elapsed(seconds: UInt64(page.plan.horizon))
        let ends = min(page.state.ended?.at.most ?? horizon, horizon)
        let gone = ends + Elapsed(seconds: UInt64(page.plan.keep)) + Elapsed(seconds: 86_400)
        return Timestamp(milliseconds: (Elapsed(milliseconds: raised.milliseconds) + gone).milliseconds)
    }
}

extension RoomHead.Summary {
    fileprivate mutating func open(_ notice: PageNotice, by fact: LogFact) {
        title = notice.title
        severity = notice.severity
        opened = fact.time
        openedBy = fact.author
    }
}
