import Foundation
package import Sodium
public import Terms

/// A part of the call list that only some devices may read: encrypted once, its key wrapped to each of them by HPKE.
package struct SealedView: Codable, Sendable, Hashable {
    struct Wrap: Codable, Sendable, Hashable {
        let device: DeviceID
        let encapsulatedKey: Data
        let ciphertext: Data
    }

    package let name: String
    /// Nonce, ciphertext and tag of XChaCha20-Poly1305.
    let ciphertext: Data
    let wraps: [Wrap]

    package static let teamName = "team"
    package static func sensorName(_ device: DeviceID) -> String { "sensor:\(device)" }

    /// - Parameter version: of the list, bound in so that a view cannot move to another list.
    package static func seal(
        _ content: some Encodable, name: String, version: UInt64, to recipients: [(id: DeviceID, key: X25519.PublicKey)]
    ) throws(CallListError) -> SealedView {
        var plaintext = try Documents.encode(content)
        defer { wipe(&plaintext) }
        let key = SecretBytes.random(count: XChaCha20Poly1305.keyLength)
        var exposed = key.exposedCopy()
        defer { wipe(&exposed) }
        do {
            let ciphertext = try XChaCha20Poly1305.seal(
                plaintext, key: key, authenticating: label("tocsin view v1", name, version))
            var wraps: [Wrap] = []
            for recipient in recipients.sorted(by: { $0.id < $1.id }) {
                let sealed = try HPKE.seal(
                    exposed, to: recipient.key, info: label("tocsin view key v1", name, version),
                    authenticating: recipient.id.bytes)
                wraps.append(
                    Wrap(
                        device: recipient.id, encapsulatedKey: Data(sealed.encapsulatedKey),
                        ciphertext: Data(sealed.ciphertext)))
            }
            return SealedView(name: name, ciphertext: Data(ciphertext), wraps: wraps)
        } catch {
            throw CallListError(.sourceRefused, "a device's sealing key cannot be used")
        }
    }

    /// - Throws: `viewNotForThisDevice`, `viewMismatch`, `malformed`.
    func open<T: Decodable>(_ type: T.Type, version: UInt64, keys: DeviceKeys) throws(CallListError) -> T {
        guard let wrap = wraps.first(where: { $0.device == keys.id }) else {
            throw CallListError(.viewNotForThisDevice, "this part of the call list is not for this device")
        }
        do {
            var key = try HPKE.open(
                HPKE.Sealed(
                    encapsulatedKey: [UInt8](wrap.encapsulatedKey), ciphertext: [UInt8](wrap.ciphertext)),
                with: keys.seal, info: Self.label("tocsin view key v1", name, version), authenticating: keys.id.bytes)
            defer { wipe(&key) }
            let plaintext = try XChaCha20Poly1305.open(
                [UInt8](ciphertext), key: SecretBytes(key),
                authenticating: Self.label("tocsin view v1", name, version))
            return try Documents.decode(type, from: plaintext, what: "view", limit: CallListLimits.bundleBytes)
        } catch let error as CallListError {
            throw error
        } catch {
            throw CallListError(.viewMismatch, "a sealed view does not open with this device's key")
        }
    }

    private static func label(_ purpose: String, _ name: String, _ version: UInt64) -> [UInt8] {
        Array("\(purpose)\0\(name)\0\(version)".utf8)
    }
}

extension CallList {
    /// The team's part: for persons' devices.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public func openTeam(with keys: DeviceKeys) throws(CallListError) -> TeamView {
        try open(TeamView.self, name: SealedView.teamName, keys: keys)
    }

    /// A sensor's own route.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public func openSensor(with keys: DeviceKeys) throws(CallListError) -> SensorView {
        try open(SensorView.self, name: SealedView.sensorName(keys.id), keys: keys)
    }

    private func open<T: Decodable>(_ type: T.Type, name: String, keys: DeviceKeys) throws(CallListError) -> T {
        guard let view = views[name] else {
            throw CallListError(.viewNotForThisDevice, "this part of the call list is not for this device")
        }
        return try view.open(type, version: version, keys: keys)
    }
}
