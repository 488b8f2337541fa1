public import Sodium
import Terms

/// Who opens sealed views, and with what.
public struct ViewReader: Sendable {
    /// As wraps name this reader.
    let id: String
    /// The newest first: while a sealing key is renewed there are two.
    private let keys: [X25519.PrivateKey]
    /// Views' keys that another officer passed on, by the list's digest and the view's name.
    private var passed: [String: [String: SecretBytes]] = [:]

    public static func device(_ keys: DeviceKeys) -> ViewReader {
        ViewReader(id: keys.id.description, keys: keys.seals)
    }

    /// - Parameter sealing: the newest first.
    public static func officer(_ key: Ed25519.PublicKey, sealing: [X25519.PrivateKey]) -> ViewReader {
        ViewReader(id: ViewRecipient.id(ofOfficer: key), keys: sealing)
    }

    private init(id: String, keys: [X25519.PrivateKey]) { (self.id, self.keys) = (id, keys) }

    mutating func take(_ keys: [String: SecretBytes], ofList digest: String) { passed[digest] = keys }

    /// - Parameter digest: of the list that the view is of.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    func key(of view: SealedView, version: UInt64, digest: String) throws(CallListError) -> ViewKey {
        if let secret = passed[digest]?[view.name] {
            return try ViewKey(secret, name: view.name, version: version)
        }
        guard let wrap = view.wraps.first(where: { $0.recipient == id }) else {
            throw CallListError(.viewNotForThisDevice, "this part of the call list is not for this device")
        }
        for key in keys {
            if let opened = try? view.unwrap(wrap, with: key, version: version) { return opened }
        }
        throw CallListError(.viewMismatch, "a sealed view does not open with this device's key")
    }

    /// Opens something that is sealed to this reader alone.
    func open(_ sealed: HPKE.Sealed, info: [UInt8], authenticating aad: [UInt8]) -> SecretBytes? {
        for key in keys {
            if let opened = try? HPKE.openSecret(sealed, with: key, info: info, authenticating: aad) { return opened }
        }
        return nil
    }
}
