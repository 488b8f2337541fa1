public import CallList
public import Foundation
import MLS
public import RelayAPI
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
    /// Key packages that a device keeps at the relay, and when it makes new ones.
    static let keyPackageStock = 20
    static let keyPackageRefill = 10
    /// Seconds that a key package is valid: longer than any page can be staged [R14].
    static let keyPackageLifetime: UInt64 = 30 * 86_400
    /// Seconds that a page can be staged at the longest; private keys are kept so much longer than their packages are
    /// valid [R14].
    static let longestStaging = TimeInterval(CallListLimits.horizonSeconds)
    /// Seconds that the private key of a last-resort package is kept after its replacement: the longest staging, and a day
    /// between the claim of the package and the page that uses it.
    static let lastResortGrace = longestStaging + 86_400

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

    /// Keeps the relay supplied with key packages, and one of last resort.
    @discardableResult
    public func uploadKeyPackages() async throws -> KeyPackageStock {
        try await relaying {
            let relay = try self.relay()
            let stock = try await relay.keyPackageStock()
            let needsLastResort = !stock.hasLastResort || stock.lastResortUsed
            guard stock.unclaimed < Self.keyPackageRefill || needsLastResort else { return stock }
            var bundles: [KeyPackageBundle] = []
            for _ in min(max(0, stock.unclaimed), Self.keyPackageStock)..<Self.keyPackageStock {
                bundles.append(try self.newKeyPackage(lastResort: false))
            }
            if needsLastResort { bundles.append(try self.newKeyPackage(lastResort: true)) }
            // Stored before they are handed out: a Welcome must never find the private keys missing.
            try self.vault.write({ try $0.store(bundles) })
            let after = try await relay.upload(
                KeyPackageUpload(
                    keyPackages: bundles.map { bundle in
                        KeyPackageUpload.Item(
                            reference: Data(bundle.reference), keyPackage: Data(bundle.keyPackage.encoded),
                            notAfter: Timestamp(milliseconds: bundle.keyPackage.lifetime.notAfter * 1000),
                            lastResort: bundle.keyPackage.isLastResort)
                    }))
            if let lastResort = bundles.last(where: { $0.keyPackage.isLastResort }) {
                try self.vault.write({ try $0.replaceLastResort(by: lastResort.reference, at: self.now()) })
            }
            return after
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
}
