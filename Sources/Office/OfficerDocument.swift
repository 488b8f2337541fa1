public import CallList
import Foundation
import Sodium
public import Terms

/// What an officer hands to the others: the root key, and the sealing key under its signature.
public enum OfficerDocument {
    private struct Document: Codable {
        let type: String
        let publicKey: Data
        let sealing: UnverifiedSealingKey
    }

    private static let type = "tocsin officer public key"

    package static func encode(_ officer: Officer) throws(CallListError) -> [UInt8] {
        try Documents.encode(
            Document(type: type, publicKey: Data(officer.key.bytes), sealing: officer.sealing.document))
    }

    /// - Throws: `malformed`, `notSigned`.
    public static func read(_ bytes: [UInt8]) throws(CallListError) -> Officer {
        let document = try Documents.decode(Document.self, from: bytes, what: "officer's public key")
        guard document.type == type, let key = try? Ed25519.PublicKey([UInt8](document.publicKey)) else {
            throw CallListError(
                .malformed, "this is no officer's public key", hint: "make it with: tocsin officer public KEYFILE")
        }
        return Officer(key: key, sealing: try document.sealing.verify(holder: .officer, signer: key))
    }
}
