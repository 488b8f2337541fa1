/// Why a signed document was refused. Holds none of its content.
public struct DSSEError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// No envelope: no JSON, a field missing, or no base64.
        case malformed
        /// Larger than ``DSSEEnvelope/maximumBytes``, or with too many signatures.
        case tooLarge
        /// The payload is of another type than was asked for.
        case wrongPayloadType
        /// Fewer valid signatures by distinct keys than asked for.
        case tooFewSignatures
    }

    public let code: Code
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason }
}
