public import CallList
public import Foundation
import MLS
import Sodium
import Terms

/// A new device's profile, and what its person hands to the officers.
public struct Enrolment: Sendable {
    public let client: Client
    /// The request's file.
    public let request: [UInt8]
    public let fingerprint: String
}

extension Client {
    /// Makes a profile with new keys, pinned to `root`.
    /// - Throws: `profileExists`, `ioFailure`, `inputRefused`.
    public static func enroll(
        profile: Profile, kind: DeviceKind, name: String, root: TrustedRoot, unlock: VaultUnlock,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> Enrolment {
        let keys = try DeviceKeys.generate(kind: kind)
        let request = try EnrolmentRequest.make(keys, claimedName: name, created: now())
        let vault = try Vault.create(profile, unlock: unlock)
        try vault.write({
            try $0.store(
                Identity(
                    keys: keys, claimedName: name, rootEnvelope: root.envelope, rootDigest: root.digest,
                    request: request))
        })
        return Enrolment(
            client: try Client(profile: profile, vault: vault, now: now), request: request,
            fingerprint: try EnrolmentRequest(verifying: request).fingerprint)
    }
}
