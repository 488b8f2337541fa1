public import Escalation
public import Terms

/// A page that is to be sent: what its author or tool says, before anybody is called.
public struct PageDraft: Codable, Sendable, Hashable {
    public var title: String
    public var summary: String
    public var severity: Severity
    public var labels: [String: String]
    public var tlp: TLP
    /// What repeats of the same trouble are recognised by.
    public var deduplicationKey: String?
    /// Marked as exercise.
    public var exercise: Bool

    public init(
        title: String, summary: String, severity: Severity, labels: [String: String] = [:], tlp: TLP = .amber,
        deduplicationKey: String? = nil, exercise: Bool = false
    ) {
        self.title = title
        self.summary = summary
        self.severity = severity
        self.labels = labels
        self.tlp = tlp
        self.deduplicationKey = deduplicationKey
        self.exercise = exercise
    }

    /// - Parameters:
    ///   - close: how many persons must agree that it is over.
    ///   - isAlert: a sensor sends it.
    public func notice(plan: [Step], horizon: UInt32, close: UInt16, isAlert: Bool) -> PageNotice {
        PageNotice(
            title: title, summary: summary, severity: severity, labels: labels, plan: plan,
            horizon: horizon, close: close, isAlert: isAlert, deduplicationKey: deduplicationKey, exercise: exercise)
    }
}
