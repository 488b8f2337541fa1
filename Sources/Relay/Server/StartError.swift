public import Terms

/// Why a relay cannot be set up or start, and what to do about it. Nothing was overwritten.
public typealias StartError = Failure<StartErrorCode>

public enum StartErrorCode: String, Hashable, Sendable {
    /// The data directory or a file in it cannot be used.
    case dataUnusable
    /// Another relay uses the data directory.
    case alreadyRuns
    /// A file there is not what it should be.
    case damaged
    /// A newer program wrote the database.
    case newer
    /// The disk is full.
    case noRoom
    case addressRefused, cannotListen
    case callListMissing, callListRefused, callListForked
}
