public import CallList
public import Foundation
import MLS
public import RelayAPI
import Sodium

/// A new device's profile, and what its person hands to the officers.
public struct Enrolment: Sendable {
    public let client: Client
    /// The request's file.
    public let request: [UInt8]
    public let fingerprint: String
}

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
    /// Key packages that a device keeps at the relay, and when it makes new ones.
    static let keyPackageStock = 20
    static let keyPackageRefill = 10
    /// Seconds that a key package is valid: longer than any page can be staged [R14].
    static let keyPackageLifetime: UInt64 = 30 * 86_400

    /// Makes a profile with new keys, pinned to `root`.
    /// - Throws: `profileExists`, `ioFailure`, `inputRefused`.
    public static func enroll(
        profile: Profile, kind: DeviceKind, name: String, root: TrustedRoot, unlock: VaultUnlock,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> Enrolment {
        let keys = DeviceKeys.generate(kind: kind)
        let request = try EnrolmentRequest.make(keys, claimedName: name, created: now())
        let vault = try Vault.create(profile, unlock: unlock)
        try vault.store(
            Identity(
                keys: keys, claimedName: name, rootEnvelope: root.envelope, rootDigest: root.digest, request: request))
        return Enrolment(
            client: try Client(profile: profile, vault: vault, now: now), request: request,
            fingerprint: try EnrolmentRequest(verifying: request).fingerprint)
    }

    /// Takes in a call list: the first one of any version, then only the next. Older, forked and unsigned ones are refused.
    /// - Throws: `callListRefused` with the reason.
    @discardableResult
    public func importCallList(_ bundle: [UInt8]) throws -> CallListUpdate {
        let list: CallList
        do {
            list = try UnverifiedCallList(decoding: bundle).verify(root: root)
            if let current = lists.newest?.list {
                if list.isSame(as: current) { return update(.unchanged, list) }
                try list.checkSucceeds(current)
            } else if list.device(device) == nil {
                throw CallListError(
                    .viewNotForThisDevice, "this device is not on the call list",
                    hint: "did the officers sign in this very request? compare the fingerprint")
            }
            try learn(list)
        } catch let error as CallListError {
            if error.code == .equivocation { try raise(error.reason) }
            throw ClientError(.callListRefused, error.reason, hint: error.hint)
        }
        let outcome: CallListUpdate.Outcome = list.version == lists.oldestVersion ? .first : .newer
        try vault.store(callList: bundle, version: list.version, digest: list.digest)
        return update(outcome, list)
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
        try await relaying { try await self.relay().publish(callList: bundle) }
        return update
    }

    /// Fetches what is newer than the newest list known here, version by version.
    func fetchCallLists(upTo version: UInt64) async throws {
        while let current = lists.newest?.list, current.version < version {
            let bundle = try await relay().callList(version: current.version + 1)
            try importCallList(bundle)
        }
    }

    /// Keeps the relay supplied with key packages, and one of last resort.
    @discardableResult
    public func uploadKeyPackages() async throws -> KeyPackageStock {
        try await relaying {
            let relay = try self.relay()
            let stock = try await relay.keyPackageStock()
            let needsLastResort = !stock.hasLastResort || stock.lastResortUsed
            guard stock.unclaimed < Self.keyPackageRefill || needsLastResort else { return stock }
            var bundles: [KeyPackageBundle] = []
            for _ in stock.unclaimed..<max(stock.unclaimed, Self.keyPackageStock) {
                bundles.append(try self.newKeyPackage(lastResort: false))
            }
            if needsLastResort { bundles.append(try self.newKeyPackage(lastResort: true)) }
            // Stored before they are handed out: a Welcome must never find the private keys missing.
            try self.vault.store(bundles)
            return try await relay.upload(
                KeyPackageUpload(
                    keyPackages: bundles.map { bundle in
                        KeyPackageUpload.Item(
                            reference: Data(bundle.reference), keyPackage: Data(bundle.keyPackage.encoded),
                            notAfter: RelayTime(milliseconds: bundle.keyPackage.lifetime.notAfter * 1000),
                            lastResort: bundle.keyPackage.isLastResort)
                    }))
        }
    }

    private func newKeyPackage(lastResort: Bool) throws -> KeyPackageBundle {
        try KeyPackageBundle.generate(
            identity: device.bytes, signer: identity.keys.mls, lifetime: lifetime,
            capabilities: RoomPolicy.capabilities, lastResort: lastResort)
    }

    /// From a little in the past, for clocks that differ.
    var lifetime: Lifetime {
        let seconds = UInt64(max(0, now().timeIntervalSince1970))
        return Lifetime(notBefore: seconds - min(seconds, 86_400), notAfter: seconds + Self.keyPackageLifetime)
    }

    /// Runs something that talks to a relay, giving a relay's refusal as this module's error.
    func relaying<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let problem as Problem {
            throw ClientError(problem)
        }
    }
}

extension ClientError {
    /// What a relay refused, in this module's terms.
    init(_ problem: Problem) {
        let code: Code =
            switch problem.code {
            case .deviceUnknown: .revoked
            case .notMember, .sensorMayNotCommit, .statementRefused: .notPermitted
            case .roomUnknown: .unknownRoom
            case .roomClosed: .roomClosed
            case .callListRefused, .callListConflict: .callListRefused
            default: .relayRefused
            }
        self.init(
            code, "the relay refused: \(problem.title)" + (problem.detail.map { " (\($0))" } ?? ""), hint: problem.hint)
    }
}

extension KnownCallLists {
    var oldestVersion: UInt64? { all.map(\.list.version).min() }
}
