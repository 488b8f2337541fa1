public import CallList
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
    /// What it changes for whom; nil for the first, and where this device may not read the team's part.
    public let changes: CallListChanges?
    /// What a person should know: an expired list, and the like.
    public let warnings: [String]
}

/// A call list that came in force, and what it changes for whom [R17].
public struct CallListNews: Sendable, Hashable {
    public let version: UInt64
    public let changes: CallListChanges
}

extension Client {
    /// Takes in a call list: the first one of any version, then only the next. Older, forked and unsigned ones are refused.
    /// One that the officers signed beside another is kept as proof, and an alarm.
    /// - Throws: `callListRefused` with the reason.
    @discardableResult
    public func importCallList(_ bundle: [UInt8]) throws -> CallListUpdate {
        let (list, standing) = try trust.take(bundle)
        return update(standing == .first ? .first : standing == .same ? .unchanged : .newer, list)
    }

    private func update(_ outcome: CallListUpdate.Outcome, _ list: CallList) -> CallListUpdate {
        var warnings: [String] = []
        if list.isExpired(at: own.now()) {
            warnings.append("call list \(list.version) has expired: it still works, but ask the officers for a new one")
        }
        if list.device(device) == nil { warnings.append("this device is no longer on the call list") }
        return CallListUpdate(
            outcome: outcome, version: list.version, digest: list.digest, expires: list.expires,
            changes: outcome == .newer ? trust.changes(to: list.version) : nil, warnings: warnings)
    }

    /// Takes in a call list and hands it to the relay.
    public func publishCallList(_ bundle: [UInt8]) async throws -> CallListUpdate {
        let update = try importCallList(bundle)
        try await own.relaying {
            let link = try own.links.forNewRooms()
            let version = try await link.info().callListVersion
            // In order; and where the relay has one of that version already, it says whether it is this.
            if version < update.version, try await trust.offer(after: version, to: link) { return }
            try await link.publish(callList: bundle)
        }
        return update
    }

    /// The newest call list, with the team's part where this device may read it.
    /// - Throws: `notEnrolled`.
    public func callList() throws -> (list: CallList, team: TeamView?) {
        let newest = try trust.newest()
        return (newest.list, newest.team)
    }

    /// Tells of each call list that nobody was told of, oldest first, whichever process took it in [R17]: once, but for a crash in
    /// between. What this device may not read is passed over.
    /// - Throws: `vaultDamaged`, `vaultBusy`, `ioFailure`.
    public func tellCallLists(_ tell: (CallListNews) -> Void) throws {
        try trust.refresh()
        for version in try vault.read({ try $0.untoldCallLists() }) {
            if let changes = trust.changes(to: version) { tell(CallListNews(version: version, changes: changes)) }
            try noteTold(callList: version)
        }
    }

    /// A person was told what this list changes.
    /// - Throws: `vaultDamaged`, `vaultBusy`, `ioFailure`.
    public func noteTold(callList version: UInt64) throws {
        try vault.write { try $0.noteTold(callList: version) }
    }

    /// The root that was pinned at enrolment; later ones follow from it.
    public var pinnedRoot: TrustedRoot { trust.root }

    /// Opens what is sealed to this device.
    public var viewReader: ViewReader { .device(own.keys) }

    /// Call lists that the officers signed beside those in use: proof for whoever looks into it.
    public func forkedCallLists() throws -> [[UInt8]] { try vault.read { try $0.forkedCallLists() } }
}
