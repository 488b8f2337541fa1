public import Foundation
public import Terms

/// PUT /v1/keypackages.
public struct KeyPackageUpload: Codable, Sendable, Hashable {
    public struct Item: Codable, Sendable, Hashable {
        /// KeyPackageRef (RFC 9420 §5.2), 32 bytes.
        public let reference: Data
        public let keyPackage: Data
        public let notAfter: Timestamp
        public let lastResort: Bool
        public init(reference: Data, keyPackage: Data, notAfter: Timestamp, lastResort: Bool) {
            self.reference = reference
            self.keyPackage = keyPackage
            self.notAfter = notAfter
            self.lastResort = lastResort
        }
    }
    public let keyPackages: [Item]
    public init(keyPackages: [Item]) { self.keyPackages = keyPackages }
}

/// The answer to PUT and GET /v1/keypackages: what the relay still has of this device.
public struct KeyPackageStock: Codable, Sendable, Hashable {
    public let unclaimed: Int
    public let hasLastResort: Bool
    /// The last-resort package was handed out and should be rotated.
    public let lastResortUsed: Bool
    public init(unclaimed: Int, hasLastResort: Bool, lastResortUsed: Bool) {
        self.unclaimed = unclaimed
        self.hasLastResort = hasLastResort
        self.lastResortUsed = lastResortUsed
    }
}

/// POST /v1/keypackages/claim: one package for each device. The same `claim` gets the same answer [R14].
public struct KeyPackageClaim: Codable, Sendable, Hashable {
    public let claim: EventID
    public let devices: [DeviceID]
    public init(claim: EventID, devices: [DeviceID]) {
        self.claim = claim
        self.devices = devices
    }
}

public struct KeyPackageClaimAnswer: Codable, Sendable, Hashable {
    public struct Item: Codable, Sendable, Hashable {
        public let device: DeviceID
        public let keyPackage: Data
        public let lastResort: Bool
        public init(device: DeviceID, keyPackage: Data, lastResort: Bool) {
            self.device = device
            self.keyPackage = keyPackage
            self.lastResort = lastResort
        }
    }
    public let keyPackages: [Item]
    /// Devices that have none: skipped loudly by the caller, never a reason to fail the page.
    public let missing: [DeviceID]
    public init(keyPackages: [Item], missing: [DeviceID]) {
        self.keyPackages = keyPackages
        self.missing = missing
    }
}
