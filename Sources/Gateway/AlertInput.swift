public import Incident
public import Terms

/// What a tool said, in our terms: pages to raise, and troubles that are over.
public struct AlertInput: Sendable, Hashable {
    public enum Item: Sendable, Hashable {
        case page(PageDraft)
        case resolved(deduplicationKey: String, note: String)
    }
    public let items: [Item]
}

/// Why an alert could not be read: the tool's operator must see this, for a lost alert is the worst kind.
public typealias AlertInputError = Failure<AlertInputErrorCode>

public enum AlertInputErrorCode: String, Sendable, Hashable {
    case empty, tooLarge, malformed
}
