/// Why the client could not do what it was asked: a stable code, a reason that holds no secret, and what to do about it.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        // The profile and its vault.
        case noProfile, profileExists, wrongPassphrase, vaultDamaged, vaultBusy, ioFailure
        // Trust.
        case notEnrolled, callListRefused, rootRefused
        // The relay.
        case relayUnreachable, relayRefused, pinMismatch, relayMisbehaved, revoked
        // What was asked.
        case notPermitted, unknownRoom, ambiguousRoom, unknownMember, unknownPolicy, inputRefused, nobodyToPage
        // The room.
        case roomQuarantined, roomClosed, roomBusy
        case internalError
    }

    public let code: Code
    public let reason: String
    public let hint: String?

    public init(_ code: Code, _ reason: String, hint: String? = nil) {
        self.code = code
        self.reason = reason
        self.hint = hint
    }

    public var description: String { reason }
}
