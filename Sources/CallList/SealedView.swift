import Foundation
import Sodium
public import Terms

/// A part of the call list that only some may read: encrypted once, its key wrapped to each of them by HPKE. All of it derives
/// from key, plaintext and recipients, down to the last byte: see ``ViewKey``.
package struct SealedView: Codable, Sendable, Hashable {
    struct Wrap: Codable, Sendable, Hashable {
        /// As ``ViewRecipient/id``.
        let recipient: String
        let encapsulatedKey: Data
        let ciphertext: Data
    }

    package let name: String
    /// Nonce, ciphertext and tag of XChaCha20-Poly1305.
    let ciphertext: Data
    /// In the order of their recipients.
    let wraps: [Wrap]

    package static let teamName = "team"
    package static func sensorName(_ device: DeviceID) -> String { "sensor:\(device)" }

    static func seal(
        _ plaintext: [UInt8], key: ViewKey, to recipients: [ViewRecipient]
    ) throws(CallListError) -> SealedView {
        let info = label("tocsin view key v2", key.name, key.version)
        do {
            let ciphertext = try XChaCha20Poly1305.seal(
                plaintext, key: key.cipherKey, nonce: key.nonce,
                authenticating: label("tocsin view v2", key.name, key.version))
            var exposed = key.secret.exposedCopy()
            defer { wipe(&exposed) }
            var wraps: [Wrap] = []
            for recipient in recipients.sorted(by: { $0.id < $1.id }) {
                let made = try HPKE.setUpSender(
                    recipient: recipient.key, info: info, ephemeral: key.ephemeral(for: recipient))
                var sender = made.context
                let sealed = try sender.seal(exposed, authenticating: Array(recipient.id.utf8))
                wraps.append(
                    Wrap(
                        recipient: recipient.id, encapsulatedKey: Data(made.encapsulatedKey), ciphertext: Data(sealed)))
            }
            return SealedView(name: key.name, ciphertext: Data(ciphertext), wraps: wraps)
        } catch {
            throw CallListError(.sourceRefused, "a sealing key cannot be used")
        }
    }

    func unwrap(_ wrap: Wrap, with key: X25519.PrivateKey, version: UInt64) throws -> ViewKey {
        let sealed = HPKE.Sealed(encapsulatedKey: [UInt8](wrap.encapsulatedKey), ciphertext: [UInt8](wrap.ciphertext))
        let secret = try HPKE.openSecret(
            sealed, with: key, info: Self.label("tocsin view key v2", name, version),
            authenticating: Array(wrap.recipient.utf8))
        return try ViewKey(secret, name: name, version: version)
    }

    /// - Throws: `viewMismatch`.
    func plaintext(_ key: ViewKey) throws(CallListError) -> [UInt8] {
        do {
            return try XChaCha20Poly1305.open(
                [UInt8](ciphertext), key: key.cipherKey,
                authenticating: Self.label("tocsin view v2", name, key.version))
        } catch {
            throw CallListError(.viewMismatch, "a sealed view does not open with its key")
        }
    }

    private static func label(_ purpose: String, _ name: String, _ version: UInt64) -> [UInt8] {
        Array("\(purpose)\0\(name)\0\(version)".utf8)
    }
}

extension CallList {
    /// The team's part: for persons' devices.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public func openTeam(with keys: DeviceKeys) throws(CallListError) -> TeamView { try openTeam(.device(keys)) }

    /// The team's part, for whoever it is sealed to.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public func openTeam(_ reader: ViewReader) throws(CallListError) -> TeamView {
        try decode(TeamView.self, open(SealedView.teamName, reader).plaintext)
    }

    /// A sensor's own route.
    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public func openSensor(with keys: DeviceKeys) throws(CallListError) -> SensorView {
        try decode(SensorView.self, open(SealedView.sensorName(keys.id), .device(keys)).plaintext)
    }

    /// A view's key and plaintext, which are those that the clear part commits to.
    func open(
        _ name: String, _ reader: ViewReader
    ) throws(CallListError) -> (key: ViewKey, plaintext: [UInt8]) {
        guard let view = views[name], let commitment = commitments[name] else {
            throw CallListError(.viewNotForThisDevice, "this part of the call list is not for this device")
        }
        let key = try reader.key(of: view, version: version, digest: digest)
        let plaintext = try view.plaintext(key)
        guard constantTimeEquals(key.commitment(to: plaintext), commitment) else {
            throw CallListError(
                .viewMismatch, "a sealed view is not the one that the list commits to",
                hint: "whoever compiled the list gave different people different views: tell every officer")
        }
        return (key, plaintext)
    }

    func decode<T: Decodable>(_ type: T.Type, _ plaintext: [UInt8]) throws(CallListError) -> T {
        try Documents.decode(type, from: plaintext, what: "view", limit: CallListLimits.bundleBytes)
    }
}
