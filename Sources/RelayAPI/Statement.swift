import DSSE
import Foundation
public import Sodium
public import Terms

/// A device-signed, epoch-free word to relay and members alike [R11]: the payload of a DSSE envelope of type
/// ``payloadType``, signed with the device's MLS signature key (the key of what a device says; DSSE's own
/// pre-authentication encoding keeps it apart from MLS's labels).
public struct Statement: Codable, Sendable, Hashable {
    public static let payloadType = "application/vnd.tocsin.statement+json"

    public enum Kind: String, Codable, Sendable, Hashable {
        case ack, unack
    }

    public let version: Int
    public let kind: Kind
    public let room: RoomID
    public let device: DeviceID
    public let event: EventID
    /// The author's clock.
    public let at: Timestamp

    public init(kind: Kind, room: RoomID, device: DeviceID, event: EventID, at: Timestamp) {
        version = 1
        self.kind = kind
        self.room = room
        self.device = device
        self.event = event
        self.at = at
    }
}

extension Statement {
    /// As a signed envelope.
    public func signed(by key: Ed25519.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return DSSEEnvelope.sign(
            [UInt8](try encoder.encode(self)), payloadType: Self.payloadType, with: [key]
        ).encoded()
    }

    /// Reads a signed envelope.
    /// - Throws: where it is none, or not signed by `key`.
    public init(verifying envelope: [UInt8], by key: Ed25519.PublicKey) throws {
        let payload = try DSSEEnvelope(decoding: envelope).verify(
            payloadType: Self.payloadType, keys: [key], threshold: 1)
        let statement = try JSONDecoder().decode(Statement.self, from: Data(payload.bytes))
        guard statement.version == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "this program knows statements of version 1"))
        }
        self = statement
    }
}
