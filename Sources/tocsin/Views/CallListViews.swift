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
    /// As ``CallListChanges/Change/line``; left out where nothing is compared.
    private let changes: [String]?

    init(_ update: CallListUpdate) {
        (outcome, digest, version) = (update.outcome.rawValue, update.digest, update.version)
        expires = update.expires
        changes = update.changes?.changes.map(\.line)
    }

    func lines(in style: Style) -> [String] {
        ["call list \(version) (\(outcome)), digest \(digest)"] + (changes ?? [])
    }
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
    private let file: String

    init(_ report: CallListCompiler.Report, file: String) { (self.report, self.file) = (report, file) }

    func lines(in style: Style) -> [String] {
        ["call list \(report.version), until \(style.date(report.expires))"]
            + report.added.map {
                "added   \($0.device.short)  \(Sanitised.line($0.owner))  \($0.fingerprint)"
            } + report.removed.map { "removed \($0.short)" }
            + ["not valid before \(report.threshold) officers have signed: tocsin calllist sign \(file)"]
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

/// A call list that an officer has signed.
struct SignedCallListView: View {
    let version: UInt64
    let digest: String
    let signatures: Int
    let threshold: Int
    /// Whether the list is sealed to an older key of the officer's.
    let documentIsStale: Bool
    /// Nil where that was not asked for.
    let sealingKeyRenewed: Bool?

    func lines(in style: Style) -> [String] {
        ["signed by \(signatures) of \(threshold) officers needed; digest \(digest)"]
    }

    private enum CodingKeys: CodingKey { case version, digest, signatures, documentIsStale, sealingKeyRenewed }
}
