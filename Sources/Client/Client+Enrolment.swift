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
    /// The document of a new sealing key, for the officers; the keys before it are kept for the lists before. A new one is made only
    /// where the newest call list known here names the one that this device has: until then the same key is given again, that
    /// of the enrolment to begin with. It is dated after the listed one, whatever clock dated that, for officers never go back.
    /// - Throws: `vaultDamaged`, `vaultBusy`, `ioFailure`.
    public func renewSealingKey() throws -> [UInt8] {
        let (keys, listed) = try vault.write { db in
            try trust.refresh(in: db)
            let keys = try db.identity().keys
            let listed = trust.lists.newest?.list.device(keys.id)?.sealing
            guard listed?.key == keys.sealingKey else { return (keys, listed) }
            let renewed = try keys.renewed()
            try db.replace(renewed)
            return (renewed, listed)
        }
        let now = own.now()
        return try SealingRenewal.make(keys, created: max(now, listed?.created.addingTimeInterval(1) ?? now))
    }

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
