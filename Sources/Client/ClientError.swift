/// Why the client could not do what it was asked: a stable code, a reason that holds no secret, and what to do about it.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        // The profile and its vault.
        case noProfile, profileExists, wrongPassphrase, vaultDamaged, vaultBusy, ioFailure
        // Trust.
        case notEnrolled, callListRefused, rootRefused
        // The relay.
        /// `relayUnavailable`: it answers, and cannot do this now; `relayRefused`: it never will.
        case relayUnreachable, relayUnavailable, relayRefused, pinMismatch, relayMisbehaved, revoked
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

extension ClientError {
    /// Whether trying again later may help: then what waits to be sent is kept.
    var isPassing: Bool {
        switch code {
        case .relayUnreachable, .relayUnavailable, .pinMismatch, .relayMisbehaved, .vaultBusy, .roomBusy, .nobodyToPage:
            true
        default: false
        }
    }

    /// Whether nothing else can be sent to the relay now either.
    var stopsAll: Bool {
        switch code {
        case .relayUnreachable, .pinMismatch, .revoked, .vaultBusy, .vaultDamaged, .ioFailure: true
        default: false
        }
    }
}
