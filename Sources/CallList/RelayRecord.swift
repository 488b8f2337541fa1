public import Foundation
import Sodium
public import Terms

/// A relay: where it is, and how it is recognised.
public struct RelayRecord: Codable, Sendable, Hashable {
    public let id: String
    /// `https://` and an IP literal or onion name, with a port.
    public let addresses: [String]
    /// Ed25519 public key.
    public let identity: Data
    /// The self-made certificate, DER: the pin.
    public let tlsCertificate: Data

    public init(id: String, addresses: [String], identity: Data, tlsCertificate: Data) {
        self.id = id
        self.addresses = addresses
        self.identity = identity
        self.tlsCertificate = tlsCertificate
    }

    /// - Throws: `malformed`.
    public static func read(_ bytes: [UInt8]) throws(CallListError) -> RelayRecord {
        let record = try Documents.decode(RelayRecord.self, from: bytes, what: "relay document")
        try record.check()
        return record
    }

    public func encoded() throws(CallListError) -> [UInt8] { try Documents.encode(self) }

    func check() throws(CallListError) {
        guard !id.isEmpty, id.utf8.count <= CallListLimits.lineBytes,
            (1...CallListLimits.relayAddresses).contains(addresses.count),
            addresses.allSatisfy(RelayAddress.isValid),
            identity.count == Ed25519.PublicKey.length, (1...16_384).contains(tlsCertificate.count)
        else {
            throw CallListError(
                .malformed, "a relay needs an id, addresses, an identity key and a certificate",
                hint: "take the relay.json that `tocsin-relay init` wrote; an address is https://, an IP address or "
                    + "onion name, and a port")
        }
    }
}
