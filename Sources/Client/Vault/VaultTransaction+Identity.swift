import CallList
import Foundation
import SQLite
import Sodium

/// Who this device is: written at enrolment; of it only sealing keys are added to.
struct Identity: Sendable {
    let keys: DeviceKeys
    /// The name that was asked for at enrolment; the call list says what counts.
    let claimedName: String
    /// The pinned root: its envelope as received, and the digest that pins it.
    let rootEnvelope: [UInt8]
    let rootDigest: String
    let request: [UInt8]
}

extension VaultTransaction {
    private struct Document: Codable {
        let claimedName: String
        let rootEnvelope: Data
        let rootDigest: String
        let request: Data
    }

    func store(_ identity: Identity) throws {
        let document = Document(
            claimedName: identity.claimedName, rootEnvelope: Data(identity.rootEnvelope),
            rootDigest: identity.rootDigest, request: Data(identity.request))
        try connection.run(
            "INSERT INTO identity (name, sealed) VALUES ('keys', ?), ('document', ?)",
            [
                try cipher.sealSecret(identity.keys.serialized(), place: "identity/keys"),
                try cipher.sealJSON(document, place: "identity/document"),
            ])
    }

    /// The same device's keys with another sealing key.
    func replace(_ keys: DeviceKeys) throws {
        try connection.run(
            "UPDATE identity SET sealed = ? WHERE name = 'keys'",
            [try cipher.sealSecret(keys.serialized(), place: "identity/keys")])
    }

    func identity() throws -> Identity {
        let select = "SELECT sealed FROM identity WHERE name = ?"
        guard let keysRow = try connection.row(select, ["keys"]),
            let documentRow = try connection.row(select, ["document"])
        else { throw Vault.damaged }
        let document = try cipher.openJSON(Document.self, documentRow.data("sealed"), place: "identity/document")
        return Identity(
            keys: try DeviceKeys(serialized: cipher.openSecret(keysRow.data("sealed"), place: "identity/keys")),
            claimedName: document.claimedName, rootEnvelope: [UInt8](document.rootEnvelope),
            rootDigest: document.rootDigest, request: [UInt8](document.request))
    }
}
