public import CallList
import DSSE
import Escalation
public import Foundation
import Sodium
public import Terms

/// Makes an unsigned call list from its source.
public enum CallListCompiler {
    /// A compiled list, still without signatures, and what an officer should look at before signing.
    public struct Result: Sendable {
        public let bundle: [UInt8]
        public let report: Report
    }

    public struct Report: Sendable {
        public struct EnrolledDevice: Sendable, Hashable {
            public let device: DeviceID
            public let owner: String
            public let fingerprint: String
        }
        public let version: UInt64
        public let expires: Date
        /// Compared with the version before.
        public let added: [EnrolledDevice]
        public let removed: [DeviceID]
        /// What will not work as the source may have meant it: a step that calls nobody, and the like.
        public let warnings: [String]
    }

    /// - Parameters:
    ///   - baseDirectory: what the source's file names are relative to.
    ///   - previous: the version that this one follows; nil for the first.
    /// - Throws: ``CallListError``.
    public static func compile(
        _ source: CallListSource, baseDirectory: URL, root: TrustedRoot, previous: CallList?, now: Date
    ) throws(CallListError) -> Result {
        var draft = Draft(version: (previous?.version ?? 0) + 1, now: now, validityDays: source.validityDays)
        for relay in source.relays {
            draft.relays.append(try RelayRecord.read(SourceFile.read(baseDirectory.appendingPathComponent(relay))))
        }
        for member in source.members { try draft.add(member, baseDirectory: baseDirectory) }
        for sensor in source.sensors { try draft.add(sensor, baseDirectory: baseDirectory) }
        let team = TeamView(members: draft.members, sensors: draft.sensors, policies: source.policies)
        let views = try draft.seal(team)
        let clear = try draft.clearPart(root: root, previous: previous, views: views)
        let envelope = DSSEEnvelope(payloadType: ClearPart.payloadType, payload: try Documents.encode(clear))
        let bundle = UnverifiedCallList.Bundle(envelope: Data(envelope.encoded()), views: views.map(\.bytes))
        return Result(
            bundle: try Documents.encode(bundle), report: draft.report(team: team, previous: previous))
    }
}

/// A call list in the making.
private struct Draft {
    let version: UInt64
    let now: Date
    let expires: Date
    var relays: [RelayRecord] = []
    var members: [Member] = []
    var sensors: [Sensor] = []
    private var enrolled: [(request: EnrolmentRequest, owner: String, expires: Date, commitment: [UInt8])] = []
    /// Device certificates end with the call list's own validity twice over, unless a membership ends earlier: an expired
    /// list must not lock its devices out at once.
    private let deviceExpiry: Date

    init(version: UInt64, now: Date, validityDays: Int) {
        self.version = version
        self.now = now
        expires = now.addingTimeInterval(Double(validityDays) * 86_400)
        deviceExpiry = now.addingTimeInterval(Double(validityDays) * 2 * 86_400)
    }

    mutating func add(_ entry: CallListSource.MemberEntry, baseDirectory: URL) throws(CallListError) {
        let salt = randomBytes(count: 16)
        let commitment = Self.commitment(
            salt: salt, id: entry.id, name: entry.name, roles: entry.roles.map(\.rawValue))
        var devices: [DeviceID] = []
        for device in entry.devices {
            let request = try read(device, kind: .person, baseDirectory: baseDirectory)
            devices.append(request.device)
            enrolled.append((request, entry.name, min(entry.expires ?? deviceExpiry, deviceExpiry), commitment))
        }
        members.append(
            Member(
                id: entry.id, name: entry.name, title: entry.title, roles: entry.roles, clearance: entry.clearance,
                contacts: entry.contacts, devices: devices, expires: entry.expires, salt: Data(salt)))
    }

    mutating func add(_ entry: CallListSource.SensorEntry, baseDirectory: URL) throws(CallListError) {
        let salt = randomBytes(count: 16)
        let request = try read(entry.device, kind: .sensor, baseDirectory: baseDirectory)
        enrolled.append(
            (
                request, entry.name, min(entry.expires ?? deviceExpiry, deviceExpiry),
                Self.commitment(salt: salt, id: entry.id, name: entry.name, roles: ["sensor"])
            ))
        sensors.append(
            Sensor(id: entry.id, name: entry.name, device: request.device, policy: entry.policy, salt: Data(salt)))
    }

    private func read(
        _ entry: CallListSource.DeviceEntry, kind: DeviceKind, baseDirectory: URL
    ) throws(CallListError) -> EnrolmentRequest {
        let request = try EnrolmentRequest(
            verifying: SourceFile.read(baseDirectory.appendingPathComponent(entry.request)))
        guard Fingerprint.matches(entry.fingerprint, request.fingerprint) else {
            throw CallListError(
                .fingerprintMismatch, "the fingerprint of \(entry.request) is not the one in the source",
                hint: "compare it with the person by voice; do not copy it from the file")
        }
        guard request.kind == kind else {
            throw CallListError(
                .sourceRefused, "\(entry.request) is of a \(request.kind.rawValue), not of a \(kind.rawValue)")
        }
        guard !enrolled.contains(where: { $0.request.device == request.device }) else {
            throw CallListError(.sourceRefused, "\(entry.request) is there twice")
        }
        return request
    }

    /// SHA-256 over label, salt, id, name and roles, each with its length.
    private static func commitment(salt: [UInt8], id: MemberID, name: String, roles: [String]) -> [UInt8] {
        var input = Array("tocsin member commitment v1\0".utf8) + salt
        for part in [id.text, name, roles.sorted().joined(separator: ",")] {
            input += withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { Array($0) } + Array(part.utf8)
        }
        return SHA256.hash(input)
    }

    struct View {
        let name: String
        let bytes: Data
    }

    func seal(_ team: TeamView) throws(CallListError) -> [View] {
        let persons = enrolled.filter { $0.request.kind == .person }.map {
            (id: $0.request.device, key: $0.request.sealKey)
        }
        var sealed = [
            try SealedView.seal(team, name: SealedView.teamName, version: version, to: persons)
        ]
        for sensor in team.sensors {
            guard let policy = team.policy(sensor.policy),
                let entry = enrolled.first(where: { $0.request.device == sensor.device })
            else { continue }
            let view = SensorView(
                name: sensor.name, steps: team.resolve(policy, at: now), horizon: policy.horizon, close: policy.close)
            sealed.append(
                try SealedView.seal(
                    view, name: SealedView.sensorName(sensor.device), version: version,
                    to: [(entry.request.device, entry.request.sealKey)]))
        }
        var views: [View] = []
        for view in sealed { views.append(View(name: view.name, bytes: Data(try Documents.encode(view)))) }
        return views
    }

    func clearPart(root: TrustedRoot, previous: CallList?, views: [View]) throws(CallListError) -> ClearPart {
        let devices = enrolled.sorted { $0.request.device < $1.request.device }.map { entry in
            ClearPart.DeviceEntry(
                id: entry.request.device, kind: entry.request.kind, mlsKey: Data(entry.request.mlsKey.bytes),
                sessionKey: Data(entry.request.sessionKey.bytes), sealKey: Data(entry.request.sealKey.bytes),
                expires: Documents.timestamp(entry.expires), commitment: Data(entry.commitment))
        }
        return ClearPart(
            type: "calllist", spec: ClearPart.spec, version: version, issued: Documents.timestamp(now),
            expires: Documents.timestamp(expires), previous: previous?.digest, root: root.digest, devices: devices,
            relays: relays,
            views: views.map {
                ClearPart.ViewEntry(name: $0.name, hash: Hexadecimal.encode(SHA256.hash([UInt8]($0.bytes))))
            })
    }

    func report(team: TeamView, previous: CallList?) -> CallListCompiler.Report {
        let before = Set(previous?.devices.map(\.id) ?? [])
        let present = Set(enrolled.map(\.request.device))
        var warnings: [String] = []
        for policy in team.policies {
            for (index, step) in team.resolve(policy, at: now).enumerated() where step.persons.isEmpty {
                warnings.append("step \(index + 1) of policy \(policy.id) calls nobody and will be skipped")
            }
            var due: UInt64 = 0
            for (index, step) in policy.steps.enumerated() {
                due += UInt64(step.after)
                if due >= policy.horizon {
                    warnings.append(
                        "step \(index + 1) of policy \(policy.id) comes after the policy's horizon and is never released"
                    )
                }
            }
        }
        for member in team.members where member.devices.isEmpty {
            warnings.append("\(member.name) has no device and cannot be reached")
        }
        return CallListCompiler.Report(
            version: version, expires: expires,
            added: enrolled.filter { !before.contains($0.request.device) }.map {
                CallListCompiler.Report.EnrolledDevice(
                    device: $0.request.device, owner: $0.owner, fingerprint: $0.request.fingerprint)
            }, removed: before.subtracting(present).sorted(), warnings: warnings)
    }
}
