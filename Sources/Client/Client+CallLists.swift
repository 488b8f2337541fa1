import CallList
public import Foundation
import RelayAPI
import Terms

/// What came of taking in a call list.
public struct CallListUpdate: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable { case first, newer, unchanged }
    public let outcome: Outcome
    public let version: UInt64
    public let digest: String
    public let expires: Date
    /// What a person should know: an expired list, and the like.
    public let warnings: [String]
}

extension Client {
    /// Takes in a call list: the first one of any version, then only the next. Older, forked and unsigned ones are refused.
    /// One that the officers signed beside another is kept as proof, and an alarm.
    /// - Throws: `callListRefused` with the reason.
    @discardableResult
    public func importCallList(_ bundle: [UInt8]) throws -> CallListUpdate {
        let list: CallList
        let outcome: CallListUpdate.Outcome
        do {
            list = try UnverifiedCallList(decoding: bundle).verify(root: root)
            // Looked at and stored in one transaction: another process may be taking in a different one.
            outcome = try vault.write { db in
                try refreshCallLists(in: db)
                return try take(list, bundle: bundle, in: db)
            }
        } catch let error as CallListError {
            throw ClientError(.callListRefused, error.reason, hint: error.hint)
        } catch let fork as ForkedCallList {
            try vault.write({ try $0.store(forkedCallList: bundle, digest: fork.digest) })
            try raise("\(fork.error.reason) (both are kept in the vault)")
            throw ClientError(.callListRefused, fork.error.reason, hint: fork.error.hint)
        }
        return update(outcome, list)
    }

    /// Officers signed two lists of which only one can be.
    private struct ForkedCallList: Error {
        let digest: String
        let error: CallListError
    }

    private func take(_ list: CallList, bundle: [UInt8], in db: VaultTransaction) throws -> CallListUpdate.Outcome {
        let current = lists.newest?.list
        if let known = lists.list(version: list.version) {
            if list.isSame(as: known), list.version == current?.version { return .unchanged }
            if !list.isSame(as: known) { try checkForked(list, beside: known) }
        }
        if let current {
            try checkForked(list, beside: current)
        } else if list.device(device) == nil {
            throw CallListError(
                .viewNotForThisDevice, "this device is not on the call list",
                hint: "did the officers sign in this very request? compare the fingerprint")
        }
        let known = try opened(list)
        try db.store(callList: bundle, version: list.version, digest: list.digest)
        lists.insert(known)
        return current == nil ? .first : .newer
    }

    private func checkForked(_ list: CallList, beside known: CallList) throws {
        do {
            try list.checkSucceeds(known)
        } catch {
            guard error.code == .equivocation || error.code == .wrongPrevious else { throw error }
            throw ForkedCallList(digest: list.digest, error: error)
        }
    }

    private func update(_ outcome: CallListUpdate.Outcome, _ list: CallList) -> CallListUpdate {
        var warnings: [String] = []
        if list.isExpired(at: now()) {
            warnings.append("call list \(list.version) has expired: it still works, but ask the officers for a new one")
        }
        if list.device(device) == nil { warnings.append("this device is no longer on the call list") }
        return CallListUpdate(
            outcome: outcome, version: list.version, digest: list.digest, expires: list.expires, warnings: warnings)
    }

    /// Takes in a call list and hands it to the relay.
    public func publishCallList(_ bundle: [UInt8]) async throws -> CallListUpdate {
        let update = try importCallList(bundle)
        try await relaying {
            let relay = try self.relay()
            let version = try await relay.info().callListVersion
            // In order; and where the relay has one of that version already, it says whether it is this.
            if version < update.version, try await self.offerCallLists(after: version, to: relay) { return }
            try await relay.publish(callList: bundle)
        }
        return update
    }

    /// Hands the relay the lists that it lacks, in order: a revocation that was published while the relay was down must not
    /// be forgotten.
    /// - Returns: whether it has the newest that is known here now.
    func offerCallLists(after version: UInt64, to relay: RelayConnection) async throws -> Bool {
        var version = version
        while let newest = lists.newest?.list.version, version < newest {
            guard let next = lists.list(version: version + 1) else { return false }
            try await relay.publish(callList: next.bundleBytes)
            version += 1
        }
        return true
    }

    /// As ``offerCallLists(after:to:)`` in passing: where it does not work, all else goes on, and a person hears of it.
    func offerCallListsQuietly(after version: UInt64) async throws {
        do {
            guard try await !offerCallLists(after: version, to: relay()) else { return }
        } catch is Problem {
            // Refused, or not now.
        }
        guard let newest = lists.newest?.list.version else { return }
        try raise("the relay has call list \(version), older than this device's \(newest), and does not take it")
    }

    /// Call lists that the officers signed beside those in use: proof for whoever looks into it.
    public func forkedCallLists() throws -> [[UInt8]] { try vault.read({ try $0.forkedCallLists() }) }

    // MARK: What is known

    /// Takes over what other processes of this profile have accepted.
    func refreshCallLists() throws { try vault.read { try refreshCallLists(in: $0) } }

    func refreshCallLists(in db: VaultTransaction) throws {
        for bundle in try db.callLists(after: lists.newest?.list.version ?? 0) {
            do {
                lists.insert(try opened(UnverifiedCallList(decoding: bundle).verify(root: root)))
            } catch is CallListError {
                throw Vault.damaged
            }
        }
    }

    /// A verified list, with what this device may open of it.
    private func opened(_ list: CallList) throws -> KnownCallList {
        let isListed = list.device(device) != nil
        return KnownCallList(
            list: list, team: isListed && kind == .person ? try list.openTeam(with: identity.keys) : nil,
            route: isListed && kind == .sensor ? try list.openSensor(with: identity.keys) : nil)
    }

    /// Fetches what is newer than the newest list known here, version by version. A relay that does not have what it
    /// claims, or hands out what is refused, is an alarm and no more: what is known here goes on working.
    func fetchCallLists(upTo version: UInt64) async throws {
        try refreshCallLists()
        while let current = lists.newest?.list, current.version < version {
            do {
                try importCallList(try await relay().callList(version: current.version + 1))
            } catch let problem as Problem {
                guard problem.code == .unknownRoute else { throw problem }
                return try raise("the relay claims to have call list \(version), and does not hand out the next one")
            } catch let error as ClientError {
                guard error.code == .callListRefused else { throw error }
                return try raise("the relay handed out a call list that is refused: \(error.reason)")
            }
        }
    }
}
