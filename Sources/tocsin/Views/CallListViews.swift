import CallList
import Client
import Foundation
import Office
import Terms

/// A call list that was taken in.
struct CallListUpdateView: View {
    private let outcome, digest: String
    private let version: UInt64
    private let expires: Date

    init(_ update: CallListUpdate) {
        (outcome, digest, version) = (update.outcome.rawValue, update.digest, update.version)
        expires = update.expires
    }

    func lines(in style: Style) -> [String] { ["call list \(version) (\(outcome)), digest \(digest)"] }
}

/// A call list that enough officers signed: what everybody may read of it.
struct CallListCheckView: View {
    private struct Device: Encodable {
        let id, kind: String
    }

    private struct Relay: Encodable {
        let id: String
        let addresses: [String]
    }

    private let version: UInt64
    private let digest: String
    private let previous: OrNull<String>
    private let issued, expires: Date
    private let devices: [Device]
    private let relays: [Relay]

    init(_ list: CallList) {
        (version, digest, previous) = (list.version, list.digest, OrNull(list.previous))
        (issued, expires) = (list.issued, list.expires)
        devices = list.devices.map { Device(id: $0.id.description, kind: $0.kind.rawValue) }
        relays = list.relays.map { Relay(id: $0.id, addresses: $0.addresses) }
    }

    func lines(in style: Style) -> [String] {
        ["valid: call list \(version), \(devices.count) devices, digest \(digest)"]
    }
}

/// A call list that was compiled, for officers to sign.
struct CompiledCallListView: View {
    private let report: CallListCompiler.Report
    private let threshold: Int
    private let file: String

    init(_ report: CallListCompiler.Report, threshold: Int, file: String) {
        (self.report, self.threshold, self.file) = (report, threshold, file)
    }

    func lines(in style: Style) -> [String] {
        ["call list \(report.version), until \(style.date(report.expires))"]
            + report.added.map {
                "added   \($0.device.short)  \(Sanitised.line($0.owner))  \($0.fingerprint)"
            } + report.removed.map { "removed \($0.short)" }
            + ["not valid before \(threshold) officers have signed: tocsin calllist sign \(file)"]
    }

    private struct Added: Encodable {
        let device, owner, fingerprint: String
    }

    private struct Fields: Encodable {
        let version: UInt64
        let expires: Date
        let added: [Added]
        let removed, warnings: [String]
    }

    func encode(to encoder: any Encoder) throws {
        try Fields(
            version: report.version, expires: report.expires,
            added: report.added.map {
                Added(device: $0.device.description, owner: $0.owner, fingerprint: $0.fingerprint)
            }, removed: report.removed.map(\.description), warnings: report.warnings
        ).encode(to: encoder)
    }
}

/// What an officer looks at before they sign; for a person alone.
struct CallListPreview {
    private let list: CallList
    private let before: CallList?

    /// - Parameter before: the version that it follows.
    init(_ list: CallList, before: CallList?) { (self.list, self.before) = (list, before) }

    func lines(in style: Style) -> [String] {
        let head = "call list \(list.version), \(list.devices.count) devices, until \(style.date(list.expires))"
        guard let before else { return [head] }
        let added = list.devices.filter { before.device($0.id) == nil }
        let removed = before.devices.filter { list.device($0.id) == nil }
        return [head] + added.map { "added   \($0.id.short) (\($0.kind.rawValue))" }
            + removed.map { "removed \($0.id.short) (\($0.kind.rawValue))" }
    }
}

/// A call list that an officer has signed.
struct SignedCallListView: View {
    let version: UInt64
    let digest: String
    let signatures: Int
    let threshold: Int

    func lines(in style: Style) -> [String] {
        ["signed by \(signatures) of \(threshold) officers needed; digest \(digest)"]
    }

    private enum CodingKeys: CodingKey { case version, digest, signatures }
}
