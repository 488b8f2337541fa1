import Foundation
import Sodium

/// Seals what the vault keeps, each value for the place where it is kept, under the vault's key.
struct VaultCipher: Sendable {
    private let key: SecretBytes

    init(key: SecretBytes) { self.key = key }

    /// - Parameter place: table and row, so that a sealed value cannot be moved to another place.
    func seal(_ value: some Collection<UInt8>, place: String) throws -> Data {
        Data(
            try XChaCha20Poly1305.seal(Array(value), key: key, authenticating: Array("tocsin vault v1\0\(place)".utf8)))
    }

    /// - Throws: `vaultDamaged`.
    func open(_ sealed: Data, place: String) throws -> [UInt8] {
        do {
            return try XChaCha20Poly1305.open(
                [UInt8](sealed), key: key, authenticating: Array("tocsin vault v1\0\(place)".utf8))
        } catch {
            throw Vault.damaged
        }
    }

    func sealSecret(_ value: SecretBytes, place: String) throws -> Data {
        var exposed = value.exposedCopy()
        defer { wipe(&exposed) }
        return try seal(exposed, place: place)
    }

    func openSecret(_ sealed: Data, place: String) throws -> SecretBytes {
        var bytes = try open(sealed, place: place)
        defer { wipe(&bytes) }
        return SecretBytes(bytes)
    }

    func sealJSON(_ value: some Encodable, place: String) throws -> Data {
        try seal(JSONEncoder().encode(value), place: place)
    }

    func openJSON<T: Decodable>(_ type: T.Type, _ sealed: Data, place: String) throws -> T {
        let bytes = try open(sealed, place: place)
        guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw Vault.damaged }
        return value
    }

    /// A keyed hash to find a row by, which tells nothing of `value` without the vault key.
    func indexTag(_ value: [UInt8], purpose: String) -> [UInt8] {
        var mac = HMACSHA256(key: HMACSHA256.derive(key, label: "tocsin vault index v1\0\(purpose)"))
        mac.update(value)
        return mac.finish().exposedCopy()
    }
}

extension HMACSHA256 {
    /// A further key from a key, under a domain label.
    fileprivate static func derive(_ key: SecretBytes, label: String) -> SecretBytes {
        var mac = HMACSHA256(key: key)
        mac.update(Array(label.utf8))
        return mac.finish()
    }
}
