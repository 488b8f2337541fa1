public import CallList
public import Foundation
import MLS
import RelayAPI
import Sodium
import Synchronization
public import Terms

/// One device: what every front end calls. Several processes may use one profile at once; each change of the vault is one
/// transaction, and they take turns.
public final class Client: Sendable {
    let vault: Vault
    let identity: Identity
    let root: TrustedRoot
    let lists = KnownCallLists()
    let connections: RelayConnections
    let now: @Sendable () -> Date
    /// Seconds that this device's clock was found to be ahead of the relay's.
    private let clockLead = Mutex<TimeInterval>(0)

    public let profile: Profile

    init(profile: Profile, vault: Vault, tap: RelayTap? = nil, now: @escaping @Sendable () -> Date) throws {
        self.profile = profile
        self.vault = vault
        self.now = now
        identity = try vault.read({ try $0.identity() })
        do {
            root = try TrustedRoot(verifying: identity.rootEnvelope, pinnedDigest: identity.rootDigest)
        } catch {
            throw ClientError(.vaultDamaged, "the pinned root in the vault is damaged")
        }
        connections = RelayConnections(device: identity.keys.id, sessionKey: identity.keys.session, tap: tap)
        try refreshCallLists()
    }

    /// Opens a profile.
    /// - Throws: `noProfile`, `wrongPassphrase`, `vaultDamaged`, `vaultBusy`, `ioFailure`.
    public static func open(
        _ profile: Profile, unlock: VaultUnlock, now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> Client {
        try Client(profile: profile, vault: Vault.open(profile, unlock: unlock), now: now)
    }

    /// Ends connections. To be called before the process ends.
    public func shutdown() async { await connections.shutdown() }

    public var device: DeviceID { identity.keys.id }
    public var kind: DeviceKind { identity.keys.kind }

    var reader: LogReader { LogReader(vault: vault, lists: lists, device: device, now: now) }
    /// The time that expiry counts by. Members judge by the relay's time [R1]: a clock that runs ahead of it would have
    /// this device remove somebody who for all others is still in.
    var expiryNow: Date { now().addingTimeInterval(-clockLead.withLock { $0 }) }

    func compareClocks(_ relay: Timestamp) {
        let lead = max(0, now().timeIntervalSince(relay.date))
        clockLead.withLock { $0 = lead }
    }

    var relayNow: Timestamp { Timestamp(now()) }

    /// The newest call list.
    /// - Throws: `notEnrolled`.
    func newest() throws(ClientError) -> KnownCallList {
        guard let newest = lists.newest else {
            throw ClientError(
                .notEnrolled, "this device has no call list yet",
                hint: "once the officers signed it in: tocsin enroll complete --calllist FILE")
        }
        return newest
    }

    /// The connection to the home relay of new rooms: the first on the call list.
    func relay() throws -> RelayConnection {
        guard let record = try newest().list.relays.first else {
            throw ClientError(.callListRefused, "the call list names no relay")
        }
        return try connections.connection(to: record)
    }

    /// The team's part of the newest call list.
    /// - Throws: `notPermitted` for a sensor; `revoked` where this device is not on it.
    func team() throws(ClientError) -> TeamView {
        let newest = try newest()
        guard kind == .person else {
            throw ClientError(.notPermitted, "a sensor knows nobody's name and cannot do this")
        }
        guard let team = newest.team else { throw Self.revoked(newest.list.version) }
        return team
    }

    static func revoked(_ version: UInt64) -> ClientError {
        ClientError(
            .revoked, "this device is not on call list \(version): it was removed",
            hint: "ask an officer, by another way than this device")
    }

    /// Keeps something that a person must hear of.
    func raise(_ alarm: String) throws {
        try vault.write { db in try db.raise(alarm, at: now()) }
    }
}
