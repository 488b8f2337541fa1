package import Foundation
import Sodium
package import Terms

/// The signed clear part, as JSON.
package struct ClearPart: Codable, Sendable {
    package static let payloadType = "application/vnd.tocsin.calllist+json"
    package static let spec = 2

    package struct DeviceEntry: Codable, Sendable {
        let id: DeviceID
        let kind: DeviceKind
        let mlsKey: Data
        let sessionKey: Data
        let sealing: UnverifiedSealingKey
        let expires: String
        let commitment: Data

        package init(
            id: DeviceID, kind: DeviceKind, mlsKey: Data, sessionKey: Data, sealing: UnverifiedSealingKey,
            expires: String, commitment: Data
        ) {
            self.id = id
            self.kind = kind
            self.mlsKey = mlsKey
            self.sessionKey = sessionKey
            self.sealing = sealing
            self.expires = expires
            self.commitment = commitment
        }
    }

    /// An officer who can open the views.
    package struct OfficerEntry: Codable, Sendable {
        /// The root key.
        let key: Data
        let sealing: UnverifiedSealingKey

        package init(_ officer: Officer) { (key, sealing) = (Data(officer.key.bytes), officer.sealing.document) }
    }

    package struct ViewEntry: Codable, Sendable {
        let name: String
        /// Hexadecimal SHA-256 of the view's exact bytes.
        let hash: String
        /// Binds the view's key and plaintext: see ``ViewKey``.
        let commitment: Data

        package init(name: String, hash: String, commitment: Data) {
            self.name = name
            self.hash = hash
            self.commitment = commitment
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
    /// In the order of their ids.
    let devices: [DeviceEntry]
    /// In the order of their keys' bytes.
    let officers: [OfficerEntry]
    let relays: [RelayRecord]
    let views: [ViewEntry]

    package init(
        type: String, spec: Int, version: UInt64, issued: String, expires: String, previous: String?, root: String,
        devices: [DeviceEntry], officers: [OfficerEntry], relays: [RelayRecord], views: [ViewEntry]
    ) {
        self.type = type
        self.spec = spec
        self.version = version
        self.issued = issued
        self.expires = expires
        self.previous = previous
        self.root = root
        self.devices = devices
        self.officers = officers
        self.relays = relays
        self.views = views
    }
}
