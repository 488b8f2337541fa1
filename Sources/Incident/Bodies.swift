public import Escalation
public import Foundation
public import Terms

/// A notice that must be acknowledged.
public struct PageNotice: Codable, Sendable, Hashable {
    public let title: String
    public let summary: String
    public let severity: Severity
    /// The alerting tool's own facts (labels, links), as it gave them.
    public let labels: [String: String]
    /// The escalation plan as its readers may know it: the relay holds the same with nothing but pseudonyms.
    public let plan: [Step]
    /// Seconds after which the page ends at the latest: then members wipe it, whatever the relay says [R12].
    public let horizon: UInt32
    /// How many persons must agree that it is over [R12].
    public let close: UInt16
    /// It is a sensor's, whose word that the trouble is over or back counts.
    public let isAlert: Bool
    /// What repeats of the same trouble are recognised by; never shown to the relay in the clear [R15].
    public let deduplicationKey: String?
    /// Marked as exercise.
    public let exercise: Bool

    public init(
        title: String, summary: String, severity: Severity, labels: [String: String], plan: [Step],
        horizon: UInt32, close: UInt16, isAlert: Bool, deduplicationKey: String?, exercise: Bool
    ) {
        self.title = title
        self.summary = summary
        self.severity = severity
        self.labels = labels
        self.plan = plan
        self.horizon = horizon
        self.close = close
        self.isAlert = isAlert
        self.deduplicationKey = deduplicationKey
        self.exercise = exercise
    }
}

/// The tool that paged says the same again: no new page, so that a storm does not bury people [R15].
public struct PageRepeat: Codable, Sendable, Hashable {
    public let title: String
    public let summary: String
    public let severity: Severity
    public init(title: String, summary: String, severity: Severity) {
        self.title = title
        self.summary = summary
        self.severity = severity
    }
}

/// What came of a page. That it is over is said by a statement [R12].
public struct Resolution: Codable, Sendable, Hashable {
    public let note: String
    public init(note: String) { self.note = note }
}

/// The first event of an incident room.
public struct IncidentOpening: Codable, Sendable, Hashable {
    public let title: String
    /// The page that it was opened from, and its notice, for those who were not called.
    public let page: RoomID?
    public let notice: PageNotice?
    public init(title: String, page: RoomID?, notice: PageNotice?) {
        self.title = title
        self.page = page
        self.notice = notice
    }
}

/// A written update.
public struct Note: Codable, Sendable, Hashable {
    public let text: String
    public init(text: String) { self.text = text }
}

/// A file, whole, inside one event. Larger files wait for the relay's blobs; until then they are refused by the sender.
public struct FileContent: Codable, Sendable, Hashable {
    /// The most bytes that one event can carry: it must fit a relay's entry after JSON, MLS and padding.
    public static let maximumBytes = 128 * 1024

    /// The name as its sender gave it: shown, never used as a path.
    public let name: String
    public let content: Data
    /// BLAKE2b-256 of the content.
    public let hash: Data
    public init(name: String, content: Data, hash: Data) {
        self.name = name
        self.content = content
        self.hash = hash
    }
}
