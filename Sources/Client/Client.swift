public import CallList
public import Foundation
public import Terms

/// One device: what every front end calls. Several processes may use one profile at once; each change of the vault is one
/// transaction, and they take turns.
public final class Client: Sendable {
    let own: OwnDevice
    public let profile: Profile

    /// - Parameter random: a number in a range.
    init(
        profile: Profile, vault: Vault, tap: LinkTap? = nil,
        random: @escaping @Sendable (ClosedRange<UInt64>) -> UInt64 = { UInt64.random(in: $0) },
        now: @escaping @Sendable () -> Date
    ) throws {
        self.profile = profile
        let trust = try Trust(vault: vault, now: now)
        own = OwnDevice(
            vault: vault, trust: trust, links: Links(trust: trust, tap: tap),
            healing: trust.identity.keys.kind == .person ? Healing(random: random) : nil, now: now)
    }

    /// Opens a profile.
    /// - Throws: `noProfile`, `wrongPassphrase`, `vaultDamaged`, `vaultBusy`, `ioFailure`.
    public static func open(
        _ profile: Profile, unlock: VaultUnlock, now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> Client {
        try Client(profile: profile, vault: Vault.open(profile, unlock: unlock), now: now)
    }

    /// Ends connections. To be called before the process ends.
    public func shutdown() async { await own.links.shutdown() }

    public var device: DeviceID { own.id }
    public var kind: DeviceKind { own.keys.kind }

    var vault: Vault { own.vault }
    var trust: Trust { own.trust }
}
