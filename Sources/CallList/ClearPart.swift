package import Foundation
package import Terms

/// The signed clear part, as JSON.
package struct ClearPart: Codable, Sendable {
    package static let payloadType = "application/vnd.tocsin.calllist+json"
    package static let spec = 1

    package struct DeviceEntry: Codable, Sendable {
        let id: DeviceID
        let kind: DeviceKind
        let mlsKey: Data
        let sessionKey: Data
        let sealKey: Data
        let expires: String
        let commitment: Data

        package init(
            id: DeviceID, kind: DeviceKind, mlsKey: Data, sessionKey: Data, sealKey: Data, expires: String,
            commitment: Data
        ) {
            self.id = id
            self.kind = kind
            self.mlsKey = mlsKey
            self.sessionKey = sessionKey
            self.sealKey = sealKey
            self.expires = expires
            self.commitment = commitment
        }
    }

    package struct ViewEntry: Codable, Sendable {
        let name: String
        /// Hexadecimal SHA-256 of the view's exact bytes.
        let hash: String

        package init(name: String, hash: String) {
            self.name = name
            self.hash = hash
        }
    }

    let type: String
    let spec: Int
    let version: UInt64
    let issued: String
    let expires: String
    let previous: String?
    /// Digest of the root whose officers sign.
    let root: String
    let devices: [DeviceEntry]
    let relays: [RelayRecord]
    let views: [ViewEntry]

    package init(
        type: String, spec: Int, version: UInt64, issued: String, expires: String, previous: String?, root: String,
        devices: [DeviceEntry], relays: [RelayRecord], views: [ViewEntry]
    ) {
        self.type = type
        self.spec = spec
        self.version = version
        self.issued = issued
        self.expires = expires
        self.previous = previous
        self.root = root
        self.devices = devices
        self.relays = relays
        self.views = views
    }
}
