public import CallList
public import Foundation

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
    public let at: RelayTime

    public init(kind: Kind, room: RoomID, device: DeviceID, event: EventID, at: RelayTime) {
        version = 1
        self.kind = kind
        self.room = room
        self.device = device
        self.event = event
        self.at = at
    }
}
