public import Terms

/// Why an event was refused by its sender or its reader.
public typealias EventError = Failure<EventErrorCode>

public enum EventErrorCode: String, Sendable, Hashable {
    case empty, tooLong, tooMany, hashMismatch, notAllowedInPageRoom, malformed
}
