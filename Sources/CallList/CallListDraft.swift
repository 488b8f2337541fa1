import DSSE
package import Foundation
import Sodium
import Terms

/// A call list in the making: what it says, and how that becomes a file that officers can sign. The only place where views are
/// sealed; ``CallListReview`` computes the same again.
package struct CallListDraft: Sendable {
    package let version: UInt64
    package let issued: Date
    package let expires: Date
    package var relays: [RelayRecord] = []
    package var officers: [Officer] = []
    package var members: [Member] = []
    package var sensors: [Sensor] = []
    package var policies: [Policy] = []
    private var devices: [(request: EnrolmentRequest, sealing: SealingKey, expires: Date)] = []
    private let previous: String?
    private let rotations: [[UInt8]]
    /// Device certificates end with the call list's own validity twice over, unless a membership ends earlier: an expired
    /// list must not lock its devices out at once.
    private let deviceExpiry: Date

    /// - Parameters:
    ///   - rotations: the roots after the first, oldest first.
    ///   - previous: the digest of the version before; nil for the first.
    package init(version: UInt64, issued: Date, validityDays: Int, rotations: [[UInt8]], previous: String?) {
        self.version = version
        // Whole seconds, as the list will say it.
        let issued = Documents.date(Documents.timestamp(issued)) ?? issued
        self.issued = issued
        expires = issued.addingTimeInterval(Double(validityDays) * 86_400)
        deviceExpiry = issued.addingTimeInterval(Double(validityDays) * 2 * 86_400)
        (self.rotations, self.previous) = (rotations, previous)
    }

    /// - Parameters:
    ///   - sealing: that of the request, or a renewed one.
    ///   - end: of the membership.
    package mutating func enrol(_ request: EnrolmentRequest, sealing: SealingKey, until end: Date?) {
        devices.append((request, sealing, min(end ?? deviceExpiry, deviceExpiry)))
    }

    package var team: TeamView { TeamView(members: members, sensors: sensors, policies: policies).canonical }

    /// The unsigned list, as a file's bytes.
    /// - Parameter root: the pinned one.
    package func bundle(root: TrustedRoot) throws(CallListError) -> [UInt8] {
        let root = try RootChain(from: root, through: rotations).newest
        let teamKey = ViewKey(name: SealedView.teamName, version: version)
        let team = team
        let officerRecipients = officers.map { ViewRecipient.officer($0) }
        func recipients(_ kind: DeviceKind, _ only: DeviceID? = nil) -> [ViewRecipient] {
            devices.filter { $0.request.kind == kind && (only == nil || $0.request.device == only) }
                .map { ViewRecipient(id: $0.request.device.description, key: $0.sealing.key) } + officerRecipients
        }
        var sealed = [try Sealed(team, key: teamKey, to: recipients(.person))]
        for sensor in team.sensors {
            guard let route = team.route(of: sensor, at: issued) else { continue }
            let key = ViewKey(name: SealedView.sensorName(sensor.device), version: version)
            sealed.append(try Sealed(route, key: key, to: recipients(.sensor, sensor.device)))
        }
        let clear = ClearPart(
            type: "calllist", spec: ClearPart.spec, version: version, issued: Documents.timestamp(issued),
            expires: Documents.timestamp(expires), previous: previous, root: root.digest,
            devices: entries(teamKey),
            officers: officers.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }.map {
                ClearPart.OfficerEntry($0)
            }, relays: relays, views: sealed.map(\.entry))
        let envelope = DSSEEnvelope(payloadType: ClearPart.payloadType, payload: try Documents.encode(clear))
        return try Documents.encode(
            UnverifiedCallList.Bundle(
                envelope: Data(envelope.encoded()), views: sealed.map(\.bytes), roots: rotations.map { Data($0) }))
    }

    private func entries(_ key: ViewKey) -> [ClearPart.DeviceEntry] {
        var commitments: [DeviceID: [UInt8]] = [:]
        for member in members { for device in member.devices { commitments[device] = key.commitment(to: member) } }
        for sensor in sensors { commitments[sensor.device] = key.commitment(to: sensor) }
        return devices.sorted { $0.request.device < $1.request.device }.map { device in
            ClearPart.DeviceEntry(
                id: device.request.device, kind: device.request.kind, mlsKey: Data(device.request.mlsKey.bytes),
                sessionKey: Data(device.request.sessionKey.bytes), sealing: device.sealing.document,
                expires: Documents.timestamp(device.expires),
                commitment: Data(commitments[device.request.device] ?? []))
        }
    }

    private struct Sealed {
        let bytes: Data
        let entry: ClearPart.ViewEntry

        init(_ content: some Encodable, key: ViewKey, to recipients: [ViewRecipient]) throws(CallListError) {
            var plaintext = try Documents.encode(content)
            defer { wipe(&plaintext) }
            let view = try Documents.encode(SealedView.seal(plaintext, key: key, to: recipients))
            bytes = Data(view)
            entry = ClearPart.ViewEntry(
                name: key.name, hash: Hexadecimal.encode(SHA256.hash(view)),
                commitment: Data(key.commitment(to: plaintext)))
        }
    }
}
