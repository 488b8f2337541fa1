public import Terms

/// Why the client could not do what it was asked.
public typealias ClientError = Failure<ClientErrorCode>

public enum ClientErrorCode: String, Sendable, Hashable {
    // The profile and its vault.
    case noProfile, profileExists, wrongPassphrase, vaultDamaged, vaultBusy, ioFailure
    /// This program's bug: it asked for what the vault's schema forbids.
    case vaultMisused
    // Trust.
    case notEnrolled, callListRefused, rootRefused
    // The relay.
    /// `relayUnavailable`: it answers, and cannot do this now; `relayRefused`: it never will.
    case relayUnreachable, relayUnavailable, relayRefused, pinMismatch, relayMisbehaved, revoked
    // What was asked.
    case notPermitted, unknownRoom, ambiguousRoom, unknownMember, unknownPolicy, inputRefused, nobodyToPage
    // The room.
    case roomQuarantined, roomClosed, roomBusy
    /// It is open whether a commit counts that this device cannot use [R4].
    case roomUndecided
    case unknownAlarm, alarmClosed
    case internalError
}

extension ClientError {
    /// Whether trying again later may help: then what waits to be sent is kept.
    var isPassing: Bool {
        switch code {
        case .relayUnreachable, .relayUnavailable, .pinMismatch, .relayMisbehaved, .vaultBusy, .roomBusy,
            .roomUndecided, .nobodyToPage:
            true
        default: false
        }
    }

    /// Whether nothing else can be sent to the relay now either.
    var stopsAll: Bool {
        switch code {
        case .relayUnreachable, .pinMismatch, .revoked, .vaultBusy, .vaultDamaged, .vaultMisused, .ioFailure: true
        default: false
        }
    }
}
