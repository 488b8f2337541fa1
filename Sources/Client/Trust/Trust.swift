import CallList
import Foundation
import Terms

/// Whom this device believes: the pinned root, the call lists that it took in under it, and no clock alone.
final class Trust: Sendable {
    let identity: Identity
    let root: TrustedRoot
    let lists = KnownCallLists()
    private let vault: Vault
    private let now: @Sendable () -> Date
    let clocks: Clocks

    /// - Throws: `vaultDamaged`.
    init(vault: Vault, now: @escaping @Sendable () -> Date) throws {
        self.vault = vault
        self.now = now
        clocks = Clocks(now: now)
        identity = try vault.read { try $0.identity() }
        do {
            root = try TrustedRoot(verifying: identity.rootEnvelope, pinnedDigest: identity.rootDigest)
        } catch {
            throw ClientError(.vaultDamaged, "the pinned root in the vault is damaged")
        }
        try refresh()
    }

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

    /// The team's part of the newest call list.
    /// - Throws: `notPermitted` for a sensor; `revoked` where this device is not on it.
    func team() throws(ClientError) -> TeamView {
        let newest = try newest()
        guard identity.keys.kind == .person else {
            throw ClientError(.notPermitted, "a sensor knows nobody's name and cannot do this")
        }
        guard let team = newest.team else { throw Self.revoked(newest.list.version) }
        return team
    }

    /// What the newest call list gives this sensor.
    /// - Throws: `notPermitted` for a person; `revoked` where this device is not on it.
    func route() throws(ClientError) -> SensorView {
        let newest = try newest()
        guard identity.keys.kind == .sensor else {
            throw ClientError(
                .notPermitted, "alerts are sent by sensors", hint: "a person pages: tocsin page --policy …")
        }
        guard let route = newest.route else { throw Self.revoked(newest.list.version) }
        return route
    }

    static func revoked(_ version: UInt64) -> ClientError {
        ClientError(
            .revoked, "this device is not on call list \(version): it was removed",
            hint: "ask an officer, by another way than this device")
    }

    // MARK: Taking in

    /// Takes in a call list: the first one of any version, then only the next. Older, forked and unsigned ones are refused.
    /// One that the officers signed beside another is kept as proof, and an alarm.
    /// - Throws: `callListRefused` with the reason.
    func take(_ bundle: [UInt8]) throws -> (list: CallList, standing: CallListHistory.Standing) {
        do {
            let list = try UnverifiedCallList(decoding: bundle).verify(root: root, known: lists.newest?.list)
            // Looked at and stored in one transaction: another process may be taking in a different one.
            let (standing, known) = try vault.write { db in
                try refresh(in: db)
                return try store(list, bundle: bundle, in: db)
            }
            // Only now: had the commit failed, this process would know what the vault does not.
            if let known { try lists.insert(known) }
            return (list, standing)
        } catch let proof as Proof {
            try vault.write { db in
                try db.store(forkedCallList: bundle, digest: proof.digest)
                try db.raise(
                    AlarmSubject(.callListsForked(version: proof.version)),
                    "\(proof.error.reason) (both are kept in the vault)", at: now())
            }
            throw ClientError(.callListRefused, proof.error.reason, hint: proof.error.hint)
        } catch let error as CallListError {
            throw ClientError(.callListRefused, error.reason, hint: error.hint)
        }
    }

    /// Officers signed two lists of which only one can be.
    private struct Proof: Error {
        let digest: String
        let version: UInt64
        let error: CallListError
    }

    /// - Returns: what is known now and was not; nil where nothing is.
    private func store(
        _ list: CallList, bundle: [UInt8], in db: VaultTransaction
    ) throws -> (CallListHistory.Standing, KnownCallList?) {
        let history = lists.history
        let standing = history.standing(of: list)
        if let refusal = history.refusal(of: list, as: standing) {
            throw standing.isProof ? Proof(digest: list.digest, version: list.version, error: refusal) : refusal
        }
        guard standing != .same else { return (standing, nil) }
        guard standing != .first || list.device(identity.keys.id) != nil else {
            throw CallListError(
                .viewNotForThisDevice, "this device is not on the call list",
                hint: "did the officers sign in this very request? compare the fingerprint")
        }
        let known = try opened(list, in: db)
        try db.store(callList: bundle, version: list.version, digest: list.digest)
        return (standing, known)
    }

    /// Takes over what other processes of this profile have taken in.
    func refresh() throws { try vault.read { try refresh(in: $0) } }

    func refresh(in db: VaultTransaction) throws {
        for bundle in try db.callLists(after: lists.newest?.list.version ?? 0) {
            do {
                let list = try UnverifiedCallList(decoding: bundle).verify(root: root, known: lists.newest?.list)
                try lists.insert(opened(list, in: db))
            } catch is CallListError {
                throw Vault.damaged
            }
        }
    }

    /// A verified list, with what this device may open of it.
    private func opened(_ list: CallList, in db: VaultTransaction) throws -> KnownCallList {
        var keys = identity.keys
        let listed = list.device(keys.id)
        // Another process of this profile may have renewed it.
        if let listed, listed.sealing.key != keys.sealingKey { keys = try db.identity().keys }
        let isListed = listed != nil
        return KnownCallList(
            list: list, team: isListed && keys.kind == .person ? try list.openTeam(with: keys) : nil,
            route: isListed && keys.kind == .sensor ? try list.openSensor(with: keys) : nil)
    }

    /// What a list that is known changes against the one before it; nil where this device may not read one of them.
    func changes(to version: UInt64) -> CallListChanges? {
        guard version > 0, let before = lists.opened(version - 1), let after = lists.opened(version) else { return nil }
        return CallListChanges(from: before, to: after)
    }

    /// Keeps something that a person must hear of [R20].
    func raise(_ subject: AlarmSubject, _ detail: String) throws {
        try vault.write { try $0.raise(subject, detail, at: now()) }
    }
}
