/// What may be in an event. Senders refuse more; readers hold more to be invalid.
public enum EventLimits {
    /// UTF-8 bytes of a title.
    public static let titleBytes = 300
    /// UTF-8 bytes of a summary, note or resolution.
    public static let textBytes = 32 * 1024
    /// Labels of a page, and UTF-8 bytes of each name and value.
    public static let labels = 64
    public static let labelBytes = 1024
    /// UTF-8 bytes of a deduplication key.
    public static let keyBytes = 1024
    /// UTF-8 bytes of a file's name.
    public static let fileNameBytes = 255
    /// Steps of an escalation plan.
    public static let steps = 32
}

/// Why an event was refused by its sender or its reader.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case empty, tooLong, tooMany, hashMismatch, notAllowedInPageRoom, malformed
    }
    public let code: Code
    public let reason: String
    public let hint: String?

    package init(_ code: Code, _ reason: String, hint: String? = nil) {
        self.code = code
        self.reason = reason
        self.hint = hint
    }

    public var description: String { reason }
}
