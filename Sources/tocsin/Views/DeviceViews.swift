import CallList
import Client
import Foundation
import Terms

/// A profile that was made, and its request for the officers.
struct EnrolmentView: View {
    private let id: DeviceID
    private let device, fingerprint, request: String

    /// - Parameter file: the request's.
    init(device: DeviceID, fingerprint: String, file: String) {
        (id, self.device, self.fingerprint, request) = (device, device.description, fingerprint, file)
    }

    func lines(in style: Style) -> [String] {
        [
            "device \(id.short); request in \(request)", "fingerprint \(fingerprint)",
            "read the fingerprint to an officer by voice",
            "once the officers have signed: tocsin enroll complete --calllist FILE",
        ]
    }

    private enum CodingKeys: CodingKey { case device, fingerprint, request }
}

/// A request, as an officer looks at it.
struct EnrolmentRequestView: View {
    private let id: DeviceID
    private let device, kind, name, fingerprint: String

    init(_ request: EnrolmentRequest) {
        (id, device, kind) = (request.device, request.device.description, request.kind.rawValue)
        (name, fingerprint) = (request.claimedName, request.fingerprint)
    }

    func lines(in style: Style) -> [String] {
        ["\(kind) \(id.short), says it is \(Sanitised.line(name))", "fingerprint \(fingerprint)"]
    }

    private enum CodingKeys: CodingKey { case device, kind, name, fingerprint }
}

/// How this device stands.
struct StatusView: View {
    private let status: ClientStatus
    private let alarms: [AlarmView]

    /// - Parameter client: knows the names.
    init(_ status: ClientStatus, _ client: Client) {
        self.status = status
        alarms = status.alarms.map { AlarmView($0, client) }
    }

    func lines(in style: Style) -> [String] {
        var lines = [
            "device     \(status.device.short) (\(status.kind.rawValue)), \(Sanitised.line(status.name))",
            "profile    \(status.directory)",
        ]
        if let version = status.callListVersion, let expires = status.callListExpires {
            let end = style.date(expires)
            lines.append("call list  \(version), \(status.callListExpired ? "EXPIRED" : "until") \(end)")
        } else {
            lines.append("call list  none yet: tocsin enroll complete --calllist FILE")
        }
        if let relay = status.relay {
            lines.append("relay      \(relay.id) \(relay.address): \(relay.trouble?.reason ?? "reached")")
        }
        return lines + ["rooms      \(status.openRooms) open", "queued     \(status.queued)"]
            + alarms.flatMap { $0.lines(in: style) }
    }

    private struct Relay: Encodable {
        let id, address: String
        let trouble: OrNull<String>
    }

    private struct Fields: Encodable {
        let device, kind, name, profile: String
        let expired: Bool
        let queued, openRooms: Int
        let alarms: [AlarmView]
        let callList: UInt64?
        let expires: Date?
        let relay: Relay?
    }

    func encode(to encoder: any Encoder) throws {
        try Fields(
            device: status.device.description, kind: status.kind.rawValue, name: status.name,
            profile: status.directory, expired: status.callListExpired, queued: status.queued,
            openRooms: status.openRooms, alarms: alarms, callList: status.callListVersion,
            expires: status.callListExpires,
            relay: status.relay.map { Relay(id: $0.id, address: $0.address, trouble: OrNull($0.trouble?.reason)) }
        ).encode(to: encoder)
    }
}
