import CallList
import DSSE
import Foundation
import MLS
import Office
import RelayAPI
import Sodium
import Terms
import TestTeam

@testable import Client

/// Officers, and devices with real keys: what a rule is judged under, and nothing more. There is no relay, no vault and no
/// client. Ada and bo are responders, mara is a manager, lena is of legal, siem is a sensor; eve's device is on no list.
struct RuleTeam {
    /// The time of every entry here, and when every list was issued.
    static let now = SettableClock.start.date

    /// Who is on a call list, as its source has it.
    struct Roster {
        var persons = ["ada", "bo", "mara", "lena"]
        var roles = ["mara": "manager", "lena": "legal"]
        var clearance: [String: TLP] = [:]
        var expires: [String: Date] = [:]
        /// Further devices, and whose they are.
        var second: [String: String] = [:]
        /// Persons who have no device on the list.
        var withoutDevice: Set<String> = []
        var sensors = ["siem"]
    }

    let root: TrustedRoot
    private let officers: [Ed25519.PrivateKey]
    /// Everybody's, once for the whole process: a policy names its leads by their devices.
    private static let keys = Result<[String: DeviceKeys], any Error> {
        var keys: [String: DeviceKeys] = [:]
        for name in ["ada", "bo", "mara", "lena", "eve"] { keys[name] = try DeviceKeys.generate(kind: .person) }
        keys["siem"] = try DeviceKeys.generate(kind: .sensor)
        return keys
    }
    private let keys: [String: DeviceKeys]

    init() throws {
        officers = (0..<3).map { _ in Ed25519.PrivateKey() }
        var envelope = try TrustedRoot.draft(officers: officers.map(\.publicKey), threshold: 2)
        for officer in officers.prefix(2) { envelope.addSignature(by: officer) }
        root = try TrustedRoot(verifying: envelope.encoded())
        keys = try Self.keys.get()
    }

    static func id(_ name: String) throws -> DeviceID { try required(keys.get()[name]).id }

    func device(_ name: String) throws -> DeviceKeys { try required(keys[name]) }

    /// Words with `<name>` where the rule says a device's short id.
    func spelled(_ words: String?) -> String? {
        words.map { words in
            keys.reduce(words) { $0.replacingOccurrences(of: "<\($1.key)>", with: $1.value.id.short) }
        }
    }

    // MARK: Call lists

    /// A call list that is compiled from its source, signed by two officers, verified, and opened by a device.
    /// - Parameters:
    ///   - previous: the list that it follows; nil for the first.
    ///   - reader: whose device opens it, as far as it may.
    func list(
        after previous: KnownCallList? = nil, readBy reader: String = "ada", _ change: (inout Roster) -> Void = { _ in }
    ) throws -> KnownCallList {
        var roster = Roster()
        change(&roster)
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let relay = RelayRecord(
            id: "r1", addresses: ["https://192.0.2.1:443"], identity: Data(Ed25519.PrivateKey().publicKey.bytes),
            tlsCertificate: Data([1]))
        try directory.write("relay.json", relay.encoded())
        var bundle = try CallListCompiler.compile(
            CallListSource(yaml: source(roster, in: directory)), baseDirectory: directory.url, root: root,
            previous: previous?.list, now: Self.now
        ).bundle
        for officer in officers.prefix(2) {
            bundle = try UnverifiedCallList(decoding: bundle).adding(signatureBy: officer, root: root)
        }
        let list = try UnverifiedCallList(decoding: bundle).verify(root: root)
        let reader = try device(reader)
        let isListed = list.device(reader.id) != nil
        return KnownCallList(
            list: list, team: isListed && reader.kind == .person ? try list.openTeam(with: reader) : nil,
            route: isListed && reader.kind == .sensor ? try list.openSensor(with: reader) : nil)
    }

    private func source(_ roster: Roster, in directory: TemporaryDirectory) throws -> String {
        func request(_ name: String) throws -> String {
            let request = try EnrolmentRequest.make(try device(name), claimedName: name, created: Self.now)
            try directory.write("\(name).request", request)
            let fingerprint = try EnrolmentRequest(verifying: request).fingerprint
            return "{request: \(name).request, fingerprint: \(fingerprint)}"
        }
        var yaml = "relays: [relay.json]\nmembers:\n"
        for name in roster.persons {
            yaml += "  - id: \(name)\n    name: \(name.capitalized) Example\n"
            yaml += "    roles: [\(roster.roles[name] ?? "responder")]\n"
            yaml += "    clearance: \((roster.clearance[name] ?? .red).rawValue)\n"
            let devices = [name] + roster.second.filter { $0.value == name }.keys.sorted()
            if !roster.withoutDevice.contains(name) {
                yaml += "    devices: [\(try devices.map(request).joined(separator: ", "))]\n"
            }
            if let date = roster.expires[name] { yaml += "    expires: \(date.formatted(Date.ISO8601FormatStyle()))\n" }
        }
        yaml += roster.sensors.isEmpty ? "" : "sensors:\n"
        for name in roster.sensors {
            yaml += "  - id: \(name)\n    name: Sensor \(name)\n    policy: duty\n    device: \(try request(name))\n"
            if let date = roster.expires[name] { yaml += "    expires: \(date.formatted(Date.ISO8601FormatStyle()))\n" }
        }
        return yaml + "policies:\n  duty:\n    steps:\n      - targets: [\(roster.persons.joined(separator: ", "))]\n"
    }

    // MARK: Leaves and changes

    func keyPackageBundle(_ name: String, signedBy signer: String? = nil) throws -> KeyPackageBundle {
        try KeyPackageBundle.generate(
            identity: device(name).id.bytes, signer: device(signer ?? name).mls, lifetime: Self.lifetime,
            capabilities: RoomPolicy.capabilities)
    }

    func keyPackage(_ name: String) throws -> KeyPackage { try keyPackageBundle(name).keyPackage }

    /// A signed leaf under that device's id.
    /// - Parameter signer: whose key it has; its own unless another is named.
    func leaf(_ name: String, signedBy signer: String? = nil) throws -> LeafNode {
        try keyPackageBundle(name, signedBy: signer).keyPackage.leafNode
    }

    /// A leaf of ada's key with any credential.
    func leaf(_ credential: Credential) throws -> LeafNode {
        try KeyPackageBundle.generate(
            credential: credential, signer: device("ada").mls, lifetime: Self.lifetime,
            capabilities: Capabilities(extensions: [RoomPolicy.extensionType], credentials: [1, 2]),
            leafExtensions: [], extensions: []
        ).keyPackage.leafNode
    }

    static let lifetime = Lifetime(
        notBefore: UInt64(now.timeIntervalSince1970) - 3600, notAfter: UInt64(now.timeIntervalSince1970) + 86_400)

    /// A commit's change of a room, by a device that keeps its place.
    /// - Parameter present: who is in the room before.
    func change(
        by author: String = "ada", from before: RoomPolicy, to after: RoomPolicy? = nil, adds: [String] = [],
        removes: [String] = [], present: [String] = ["ada", "bo", "mara", "lena", "eve", "siem"]
    ) throws -> RoomChange {
        RoomChange(
            before: before, after: after ?? before, present: Set(try present.map { try device($0).id }),
            committer: try leaf(author), added: try adds.map { try leaf($0) },
            removed: try removes.map { try leaf($0) })
    }
}

extension RoomPolicy {
    /// An incident room that ada leads, or the same with something else.
    static func sample(
        kind: RoomKind = .incident, incident: [UInt8] = [1], compartment: String = "", homeRelay: String = "r1",
        leads: [String] = ["ada"], takers: [String] = [], tlpCeiling: TLP = .red, retention: UInt32 = 60,
        exercise: Bool = false,
        pin: Pin = Pin(version: 2, digest: [UInt8](repeating: 2, count: 32))
    ) throws -> RoomPolicy {
        RoomPolicy(
            kind: kind, incident: incident, compartment: compartment, homeRelay: homeRelay,
            leads: try leads.map { try RuleTeam.id($0) }, takers: try takers.map { try RuleTeam.id($0) },
            tlpCeiling: tlpCeiling, retention: retention, exercise: exercise,
            pin: pin)
    }
}

extension RoomJudge.Occasion {
    /// An entry of the log, for rules that do not read its header.
    static let log = RoomJudge.Occasion.following(
        CommitHeader(
            baseSeq: 0, parent: 1, chain: [UInt8](repeating: 0, count: LogChain.length), at: Timestamp(RuleTeam.now),
            adds: [], removes: [], leads: nil, callListVersion: 0, callListDigest: [UInt8](repeating: 0, count: 32)),
        in: RoomJudge.RoomEpoch(commit: 1, members: []))
}

/// Why a rule refuses; nil where it allows. Anything but a rejection is handed on.
func verdict(_ body: () throws -> Void) throws -> String? {
    do {
        try body()
        return nil
    } catch let rejection as Rejection {
        return rejection.description
    }
}
