import Foundation
import Sodium
public import Terms

/// The keys of a list's views, sealed by one officer to another, whom the list was not sealed to: so that a new officer can
/// compare the next list with it. The list itself commits to the views: keys of anything else do not open it.
public enum PassedViewKeys {
    private struct Document: Codable {
        struct Key: Codable {
            let view: String
            let encapsulatedKey: Data
            let ciphertext: Data
        }
        let type: String
        /// The list's.
        let digest: String
        let keys: [Key]
    }

    private static let type = "tocsin passed view keys"

    /// - Parameters:
    ///   - reader: who passes them on.
    ///   - officer: who gets them.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`, `malformed`.
    public static func make(
        of list: CallList, by reader: ViewReader, to officer: Officer
    ) throws(CallListError) -> [UInt8] {
        var keys: [Document.Key] = []
        for name in list.views.keys.sorted() {
            let key = try list.open(name, reader).key
            do {
                let sealed = try HPKE.seal(
                    key.secret, to: officer.sealing.key, info: info(list.digest), authenticating: Array(name.utf8))
                keys.append(
                    Document.Key(
                        view: name, encapsulatedKey: Data(sealed.encapsulatedKey), ciphertext: Data(sealed.ciphertext)))
            } catch {
                throw CallListError(.malformed, "the officer's sealing key cannot be used")
            }
        }
        return try Documents.encode(Document(type: type, digest: list.digest, keys: keys))
    }

    private static func info(_ digest: String) -> [UInt8] { Array("tocsin passed view keys v1\0\(digest)".utf8) }

    /// This reader, who from then on opens that list too.
    /// - Throws: `malformed`; `viewNotForThisDevice` where they were passed to somebody else.
    public static func take(_ bytes: [UInt8], by reader: ViewReader) throws(CallListError) -> ViewReader {
        let document = try Documents.decode(Document.self, from: bytes, what: "file of passed keys")
        guard document.type == type else { throw CallListError(.malformed, "this is no file of passed keys") }
        var keys: [String: SecretBytes] = [:]
        for key in document.keys {
            let sealed = HPKE.Sealed(
                encapsulatedKey: [UInt8](key.encapsulatedKey), ciphertext: [UInt8](key.ciphertext))
            guard let secret = reader.open(sealed, info: info(document.digest), authenticating: Array(key.view.utf8))
            else {
                throw CallListError(
                    .viewNotForThisDevice, "these keys were passed to another officer",
                    hint: "they are passed to one: tocsin calllist pass-keys FILE --to OFFICER.json")
            }
            keys[key.view] = secret
        }
        var reader = reader
        reader.take(keys, ofList: document.digest)
        return reader
    }
}
