public import CallList
public import Foundation
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
        /// How many officers of the list's root must sign.
        public let threshold: Int
        /// Compared with the version before.
        public let added: [EnrolledDevice]
        public let removed: [DeviceID]
        /// What will not work as the source may have meant it: a step that calls nobody, and the like.
        public let warnings: [String]
    }

    /// The list is issued now, or, where the version before says that it was issued later than that, a second after it: see
    /// ``CallListHistory``.
    /// - Parameters:
    ///   - baseDirectory: what the source's file names are relative to.
    ///   - root: the pinned one.
    ///   - newRoot: a root that replaces that of `previous`, from this list on.
    ///   - previous: the version that this one follows; nil for the first.
    /// - Throws: ``CallListError``.
    public static func compile(
        _ source: CallListSource, baseDirectory: URL, root: TrustedRoot, newRoot: [UInt8]? = nil, previous: CallList?,
        now: Date
    ) throws(CallListError) -> Result {
        var draft = CallListDraft(
            version: (previous?.version ?? 0) + 1,
            issued: max(now, previous?.issued.addingTimeInterval(1) ?? now), validityDays: source.validityDays,
            rotations: (previous?.rotations ?? []) + (newRoot.map { [$0] } ?? []), previous: previous?.digest)
        for relay in source.relays {
            draft.relays.append(try RelayRecord.read(SourceFile.read(baseDirectory.appendingPathComponent(relay))))
        }
        for officer in source.officers {
            draft.officers.append(
                try OfficerDocument.read(SourceFile.read(baseDirectory.appendingPathComponent(officer))))
        }
        let reader = RequestReader(baseDirectory: baseDirectory, previous: previous)
        var enrolled: [Report.EnrolledDevice] = []
        func enrol(
            _ entry: CallListSource.DeviceEntry, _ kind: DeviceKind, of owner: String, until end: Date?
        ) throws(CallListError) -> DeviceID {
            let request = try reader.read(entry, kind: kind)
            guard !enrolled.contains(where: { $0.device == request.device }) else {
                throw CallListError(.sourceRefused, "\(entry.request) is there twice")
            }
            draft.enrol(request, sealing: try reader.sealing(entry, of: request), until: end)
            enrolled.append(
                Report.EnrolledDevice(device: request.device, owner: owner, fingerprint: request.fingerprint))
            return request.device
        }
        for entry in source.members {
            var devices: [DeviceID] = []
            for device in entry.devices {
                devices.append(try enrol(device, .person, of: entry.name, until: entry.expires))
            }
            draft.members.append(entry.member(devices))
        }
        for entry in source.sensors {
            draft.sensors.append(
                Sensor(
                    id: entry.id, name: entry.name,
                    device: try enrol(entry.device, .sensor, of: entry.name, until: entry.expires),
                    policy: entry.policy))
        }
        draft.policies = source.policies
        let bundle = try draft.bundle(root: root)
        let list = try UnverifiedCallList(decoding: bundle).preview(root: root)
        let before = Set(previous?.devices.map(\.id) ?? [])
        let report = Report(
            version: list.version, expires: list.expires, threshold: list.root.threshold,
            added: enrolled.filter { !before.contains($0.device) },
            removed: before.subtracting(enrolled.map(\.device)).sorted(),
            warnings: OpenedCallList(list, team: draft.team).warnings(at: list.issued)
                + warnings(of: draft.issued, now: now))
        return Result(bundle: bundle, report: report)
    }

    /// That whoever signs by a right clock will refuse.
    private static func warnings(of issued: Date, now: Date) -> [String] {
        guard issued.timeIntervalSince(now) > CallListLimits.issueTimeSeconds else { return [] }
        return [
            "the version before was issued with a clock ahead: this list says that it is issued on "
                + "\(Documents.timestamp(issued)), and by this clock it is \(Documents.timestamp(now))"
        ]
    }
}

extension CallListSource.MemberEntry {
    fileprivate func member(_ devices: [DeviceID]) -> Member {
        Member(
            id: id, name: name, title: title, roles: roles, clearance: clearance, contacts: contacts, devices: devices,
            expires: expires)
    }
}

/// Reads the requests that a source names.
private struct RequestReader {
    let baseDirectory: URL
    let previous: CallList?

    /// The renewed key, or that of the request. Where the version before names the same key, as it stands there: made again under
    /// another date, it is no change.
    func sealing(
        _ entry: CallListSource.DeviceEntry, of request: EnrolmentRequest
    ) throws(CallListError) -> SealingKey {
        let sealing =
            try entry.sealing.map { (file) throws(CallListError) in
                try SealingRenewal.read(SourceFile.read(baseDirectory.appendingPathComponent(file)), for: request)
            } ?? request.sealing
        guard let listed = previous?.device(request.device)?.sealing, listed.key == sealing.key else { return sealing }
        return listed
    }

    func read(_ entry: CallListSource.DeviceEntry, kind: DeviceKind) throws(CallListError) -> EnrolmentRequest {
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
        return request
    }
}
