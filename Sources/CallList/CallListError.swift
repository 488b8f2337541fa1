public import Terms

/// Why a root, call list, request, key file or source was refused.
public typealias CallListError = Failure<CallListErrorCode>

public enum CallListErrorCode: String, Hashable, Sendable {
    /// Not in the form that it should have.
    case malformed
    /// Beyond a limit of ``CallListLimits``.
    case limitExceeded
    /// Signatures are missing, too few, or wrong.
    case notSigned
    /// Not the root that this device pins.
    case wrongRoot
    /// Not the next version after the current one.
    case older, gap, equivocation, wrongPrevious
    /// Issued no later than the version before it.
    case notLater
    /// The root is not the one after the pinned one, or does not go on from the one before.
    case rootSkipped
    /// What a signer computes is not what the list says, or is not confirmed.
    case reviewRefused
    /// A sealed view is not the one that was signed, or is not for this device.
    case viewMismatch, viewNotForThisDevice
    /// The officer's passphrase is wrong.
    case wrongPassphrase
    /// The source says something that cannot be: the reason says where.
    case sourceRefused
    /// The list in force does not name the officer's newest sealing key.
    case sealingKeyNotListed
    /// A fingerprint in the source is not the request's.
    case fingerprintMismatch
    /// In the design, not in this program yet.
    case notSupportedYet
    /// A file cannot be read or written.
    case fileFailure
    /// A file that was to be made is there already.
    case fileExists
}

/// What a root, call list or source may hold. Checked before anything is built from it.
public enum CallListLimits {
    /// Bytes of a bundle (signed clear part and sealed views).
    public static let bundleBytes = 32 << 20
    /// Bytes of a YAML source or of a single signed document.
    public static let documentBytes = 4 << 20
    public static let officers = 64
    /// Rotations that a list carries.
    public static let roots = 64
    public static let devices = 10_000
    /// Days after which a sealing key should be renewed; older ones are warned of.
    public static let sealingKeyDays = 90
    public static let relays = 16
    /// Addresses of one relay.
    public static let relayAddresses = 8
    public static let policies = 256
    /// Steps of a policy: as many as a page may have.
    public static let steps = 32
    /// UTF-8 bytes of a name, title or other single line.
    public static let lineBytes = 200
    /// Days that a call list is valid, at most.
    public static let validityDays = 366
    /// Seconds by which a list's issue time may differ from a signer's clock: a day.
    public static let issueTimeSeconds: Double = 86_400
    /// Seconds after which a page ends at the latest: 72 hours [R12].
    public static let horizonSeconds: UInt32 = 72 * 3600
}
