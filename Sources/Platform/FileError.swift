public import Terms

/// Why a file could not be read or made.
public typealias FileError = Failure<FileErrorCode>

public enum FileErrorCode: String, Hashable, Sendable {
    /// It was to be made, and is there already.
    case exists
    /// It is not there.
    case missing
    /// It has more bytes than it may.
    case tooLarge
    /// It cannot be read or written.
    case failed
}
