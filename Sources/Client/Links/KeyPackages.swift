import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms

/// The key packages that relays hold for this device, and those of others that it claims.
extension OwnDevice {
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

    /// Keeps the relay supplied with key packages, and one of last resort.
    func supplyKeyPackages() async throws {
        try await relaying {
            let link = try links.forNewRooms()
            let stock = try await link.keyPackageStock()
            let needsLastResort = !stock.hasLastResort || stock.lastResortUsed
            guard stock.unclaimed < Self.keyPackageRefill || needsLastResort else { return }
            var bundles: [KeyPackageBundle] = []
            for _ in min(max(0, stock.unclaimed), Self.keyPackageStock)..<Self.keyPackageStock {
                bundles.append(try newKeyPackage(lastResort: false))
            }
            if needsLastResort { bundles.append(try newKeyPackage(lastResort: true)) }
            // Stored before they are handed out: a Welcome must never find the private keys missing.
            try vault.write({ try $0.store(bundles) })
            _ = try await link.upload(
                KeyPackageUpload(
                    keyPackages: bundles.map { bundle in
                        KeyPackageUpload.Item(
                            reference: Data(bundle.reference), keyPackage: Data(bundle.keyPackage.encoded),
                            notAfter: Timestamp(milliseconds: bundle.keyPackage.lifetime.notAfter * 1000),
                            lastResort: bundle.keyPackage.isLastResort)
                    }))
            if let lastResort = bundles.last(where: { $0.keyPackage.isLastResort }) {
                try vault.write({ try $0.replaceLastResort(by: lastResort.reference, at: trust.clocks.latest) })
            }
        }
    }

    private func newKeyPackage(lastResort: Bool) throws -> KeyPackageBundle {
        try KeyPackageBundle.generate(
            identity: id.bytes, signer: keys.mls, lifetime: keyPackageLifetime,
            capabilities: RoomPolicy.capabilities, lastResort: lastResort)
    }

    /// From a little in the past, for clocks that differ; where they differ by more, good by each of them [R18].
    var keyPackageLifetime: Lifetime {
        let (earliest, latest) = (Self.seconds(trust.clocks.earliest), Self.seconds(trust.clocks.latest))
        return Lifetime(notBefore: earliest - min(earliest, 86_400), notAfter: latest + Self.keyPackageLifetime)
    }

    private static func seconds(_ date: Date) -> UInt64 { UInt64(max(0, date.timeIntervalSince1970)) }

    // MARK: Of others

    /// Key packages that are what the call list says they should be; others are as good as missing.
    func claim(
        _ devices: [DeviceID], claim: EventID, from link: Link, list: CallList
    ) async throws -> [DeviceID: KeyPackage] {
        let wanted = Array(Set(devices)).filter { list.device($0) != nil }.sorted()
        guard !wanted.isEmpty else { return [:] }
        let answer = try await link.claim(KeyPackageClaim(claim: claim, devices: wanted))
        let (earliest, latest) = (Self.seconds(trust.clocks.earliest), Self.seconds(trust.clocks.latest))
        var packages: [DeviceID: KeyPackage] = [:]
        // The relay gives none of a device that it would take in no more; by this device's clock others may be over, too.
        let inTime = Set(wanted.filter { list.isInTime($0, at: trust.clocks.earliest) })
        for item in answer.keyPackages where inTime.contains(item.device) {
            guard let package = try? KeyPackage(decoding: [UInt8](item.keyPackage)),
                package.leafNode.identity == item.device.bytes,
                package.leafNode.signatureKey == list.device(item.device)?.mlsKey.bytes
            else {
                try raise(
                    .foreignKeyPackage, by: .relay(link.endpoint.id), "it was to be one of device \(item.device)")
                continue
            }
            guard package.lifetime.notBefore <= latest, earliest < package.lifetime.notAfter else {
                try raise(
                    .outdatedKeyPackage, by: .relay(link.endpoint.id), "it is one of device \(item.device)")
                continue
            }
            packages[item.device] = package
        }
        return packages
    }

    /// Deletes the private keys that no Welcome can use any more, by this device's clock and by a relay's.
    func deleteOldKeyPackages() throws {
        guard trust.clocks.isRelayHeard else { return }
        let earliest = trust.clocks.earliest
        try vault.write { db in
            try db.deleteExpiredKeyPackages(before: earliest.addingTimeInterval(-Self.longestStaging))
            try db.deleteReplacedKeyPackages(before: earliest.addingTimeInterval(-Self.lastResortGrace))
        }
    }
}
