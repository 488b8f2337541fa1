/// Why bytes could not be decoded. Holds no input, so it is safe to log.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable reason that a caller may branch on.
    public enum Code: String, Hashable, Sendable {
        /// The input ends before the value does.
        case truncated
        /// Bytes are left over after the value.
        case trailingBytes
        /// A vector's length is written in more bytes than it needs (RFC 9420 §2.1.2).
        case nonMinimalLength
        /// A vector's length prefix is of the reserved form 0b11 (RFC 9420 §2.1.2).
        case invalidLength
        /// A vector is longer, or values are nested deeper, than the reader's limits.
        case limitExceeded
        /// An enumerated value, presence octet or boolean that the format does not define.
        case unknownValue
        /// A combination that the format forbids.
        case invalidValue
    }

    public let code: Code
    /// The structure that was being read.
    public let context: String

    /// - Parameter context: what was being read, in the program's words: nothing of the input.
    public init(_ code: Code, _ context: String) {
        self.code = code
        self.context = context
    }

    public var description: String { "\(context): \(code.rawValue)" }
}
