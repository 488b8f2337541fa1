package import CallList
package import Foundation
package import Office
import Sodium
import Terms

/// A small team on disk: three officers with a 2-of-3 root, a relay, three persons and two sensors with their requests.
package final class Founding {
    package static let now = Date(timeIntervalSince1970: 1_900_000_000)

    package let directory: TemporaryDirectory
    package let officers: Officers
    package var root: TrustedRoot { officers.root }
    package let ada: DeviceKeys
    package let ben: DeviceKeys
    package let mira: DeviceKeys
    package let siem: DeviceKeys
    package let probe: DeviceKeys

    package init() throws {
        directory = try TemporaryDirectory()
        officers = try Officers((1...3).map { try Officers.key($0) }, threshold: 2)
        (ada, ben, mira) = (try .generate(kind: .person), try .generate(kind: .person), try .generate(kind: .person))
        (siem, probe) = (try .generate(kind: .sensor), try .generate(kind: .sensor))
        try directory.write("relay.json", Founding.relay.encoded())
        for (index, document) in try officers.documents().enumerated() {
            try directory.write("officer-\(index + 1).json", document)
        }
        for (name, keys) in people { try writeRequest(of: keys, name: name) }
    }

    package var people: [(String, DeviceKeys)] {
        [("ada", ada), ("ben", ben), ("mira", mira), ("siem", siem), ("probe", probe)]
    }

    package static var relay: RelayRecord {
        RelayRecord(
            id: "relay-1", addresses: ["https://192.0.2.1:8443"], identity: Data(repeating: 1, count: 32),
            tlsCertificate: Data([1, 2, 3]))
    }

    package func writeRequest(of keys: DeviceKeys, name: String) throws {
        try directory.write(
            "\(name).request", EnrolmentRequest.make(keys, claimedName: name, created: Founding.now))
    }

    package func fingerprint(_ name: String) throws -> String {
        try EnrolmentRequest(verifying: directory.read("\(name).request")).fingerprint
    }

    /// The team's source; with `without` a person's device is left out.
    package func source(without: String? = nil, validityDays: Int = 90) throws -> String {
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
            officers: [officer-1.json, officer-2.json, officer-3.json]
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

    package func compile(_ text: String, previous: CallList? = nil, at date: Date = now) throws
        -> CallListCompiler.Result
    {
        try CallListCompiler.compile(
            CallListSource(yaml: text), baseDirectory: directory.url, root: root, previous: previous, now: date)
    }

    /// A list that nobody has signed yet, as a file's bytes.
    package func unsigned(
        _ text: String? = nil, previous: CallList? = nil, at date: Date = now
    ) throws -> [UInt8] {
        try compile(text ?? source(), previous: previous, at: date).bundle
    }

    package func signed(_ bundle: [UInt8], by signers: Int...) throws -> [UInt8] {
        try officers.signed(bundle, by: signers)
    }

    /// A valid list, signed by two.
    package func list(
        _ text: String? = nil, previous: CallList? = nil, at date: Date = now
    ) throws -> CallList {
        let bundle = try compile(text ?? source(), previous: previous, at: date).bundle
        return try officers.verified(officers.signed(bundle))
    }
}
