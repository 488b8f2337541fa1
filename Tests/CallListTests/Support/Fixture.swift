import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList
@testable import Office

/// A small team on disk: three officers with a 2-of-3 root, a relay, three persons and two sensors with their requests.
final class Fixture {
    static let now = Date(timeIntervalSince1970: 1_900_000_000)

    let directory: TemporaryDirectory
    let officers: [OfficerKey]
    let root: TrustedRoot
    let ada: DeviceKeys
    let ben: DeviceKeys
    let mira: DeviceKeys
    let siem: DeviceKeys
    let probe: DeviceKeys

    init() throws {
        directory = try TemporaryDirectory()
        officers = try (1...3).map { try Fixture.officer($0) }
        root = try Fixture.root(officers, threshold: 2)
        (ada, ben, mira) = (try .generate(kind: .person), try .generate(kind: .person), try .generate(kind: .person))
        (siem, probe) = (try .generate(kind: .sensor), try .generate(kind: .sensor))
        try directory.write("relay.json", Fixture.relay.encoded())
        for (name, keys) in people { try writeRequest(of: keys, name: name) }
    }

    var people: [(String, DeviceKeys)] {
        [("ada", ada), ("ben", ben), ("mira", mira), ("siem", siem), ("probe", probe)]
    }

    static var relay: RelayRecord {
        RelayRecord(
            id: "relay-1", addresses: ["https://192.0.2.1:8443"], identity: Data(repeating: 1, count: 32),
            tlsCertificate: Data([1, 2, 3]))
    }

    static func officer(_ number: Int) throws -> OfficerKey {
        OfficerKey(
            privateKey: try Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: UInt8(number), count: 32))))
    }

    static func root(_ officers: [OfficerKey], threshold: Int) throws -> TrustedRoot {
        var draft = try TrustedRoot.draft(officers: officers.map(\.privateKey.publicKey), threshold: threshold)
            .encoded()
        for officer in officers.prefix(threshold) {
            draft = try TrustedRoot.adding(signatureBy: officer.privateKey, to: draft).envelope
        }
        return try TrustedRoot(verifying: draft)
    }

    func writeRequest(of keys: DeviceKeys, name: String) throws {
        try directory.write(
            "\(name).request", EnrolmentRequest.make(keys, claimedName: name, created: Fixture.now))
    }

    func fingerprint(_ name: String) throws -> String {
        try EnrolmentRequest(verifying: directory.read("\(name).request")).fingerprint
    }

    /// The team's source; with `without` a person's device is left out.
    func source(without: String? = nil, validityDays: Int = 90) throws -> String {
        func device(_ name: String) throws -> String {
            "{request: \(name).request, fingerprint: \"\(try fingerprint(name))\"}"
        }
        func person(_ id: String, _ name: String, _ roles: String) throws -> String {
            """
              - id: \(id)
                name: \(name)
                roles: [\(roles)]
                clearance: RED
                devices: [\(id == without ? "" : try device(id))]

            """
        }
        return """
            validity_days: \(validityDays)
            relays: [relay.json]
            policies:
              night:
                steps:
                  - targets: [ada, ben]
                    need: all
                  - after: 5m
                    targets: [mira]
                horizon: 12h
            members:
            \(try person("ada", "Ada Ohm", "responder, lead"))\(try person("ben", "Ben Volt", "analyst"))\
            \(try person("mira", "Mira Watt", "manager"))
            sensors:
              - {id: siem, name: SIEM, device: \(try device("siem")), policy: night}
              - {id: probe, name: Probe, device: \(try device("probe")), policy: night}
            """
    }

    func compile(_ text: String, previous: CallList? = nil, at date: Date = now) throws -> CallListCompiler.Result {
        try CallListCompiler.compile(
            CallListSource(yaml: text), baseDirectory: directory.url, root: root, previous: previous, now: date)
    }

    func signed(_ bundle: [UInt8], by signers: Int...) throws -> [UInt8] {
        try signers.reduce(bundle) { bundle, signer in
            try UnverifiedCallList(decoding: bundle).adding(signatureBy: officers[signer].privateKey, root: root)
        }
    }

    /// A valid list, signed by two.
    func list(
        _ text: String? = nil, previous: CallList? = nil, at date: Date = now
    ) throws -> CallList {
        let bundle = try compile(text ?? source(), previous: previous, at: date).bundle
        return try UnverifiedCallList(decoding: signed(bundle, by: 0, 1)).verify(root: root)
    }
}

func refusal(_ body: () throws -> Void) -> CallListError? {
    do {
        try body()
        return nil
    } catch { return error as? CallListError }
}

/// Every cut of `bytes`, and each byte with one bit changed, which bit depending on the place.
func alterations(of bytes: [UInt8], step: Int = 1) -> [[UInt8]] {
    let places = stride(from: 0, to: bytes.count, by: step)
    return places.map { Array(bytes[..<$0]) }
        + places.map { index in
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(index / step * 5 % 8)
            return flipped
        }
}
