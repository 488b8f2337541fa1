import CallList
import Client
import DSSE
import Foundation
import Office
import Relay
import RelayAPI
import Sodium

/// A team in a folder of its own: one officer, a relay, three persons and a sensor, all locked with key files so that no
/// time goes into Argon2id.
final class BenchTeam: Sendable {
    static let persons = ["ada", "bo", "mara"]

    let directory: URL
    let root: TrustedRoot
    let relayRecord: RelayRecord
    let port: Int
    private let binaries: URL

    init() async throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("tocsin-bench-\(UUID().uuidString)")
        binaries = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try FreePort.find()
        let passphrase = SecretBytes(Array("bench".utf8))
        let officer = try OfficerKey.create(at: directory.appendingPathComponent("officer.key"), passphrase: passphrase)
        let draft = try TrustedRoot.draft(officers: [officer.privateKey.publicKey], threshold: 1)
        let envelope = try UnverifiedRoot(decoding: draft.encoded()).adding(signatureBy: officer.privateKey).bytes
        root = try TrustedRoot(verifying: envelope)
        relayRecord = try RelayKeys.create(
            in: directory.appendingPathComponent("relay"), id: "relay-1", addresses: ["https://127.0.0.1:\(port)"])
        try write(envelope, "root.json")
        try write(OfficerKey.publicDocument(of: directory.appendingPathComponent("officer.key")), "officer.json")
        try write(relayRecord.encoded(), "relay.json")
        // The measured load is above what one sensor or device is allowed by default.
        try write(
            Array(
                """
                {"requestsPerSecond": 1e6, "requestBurst": 1e6, "openRequestsPerSecond": 1e6, "openRequestBurst": 1e6,
                 "sensorRoomsPerHour": 1e6, "sensorRoomBurst": 1e6, "openRoomsPerSensor": 100000,
                 "connectionsPerAddress": 100000, "connectionsPerDevice": 100000, "connectsPerSecond": 1e6,
                 "connectBurst": 1e6, "claimBurst": 1000000,
                 "storedBytesPerDevice": 1099511627776, "roomBytesPerDevice": 1099511627776,
                 "pageBytesPerDevice": 1099511627776, "openRoomsPerPerson": 1000000}
                """.utf8),
            "limits.json")
        try await enroll(officer)
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    private func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: directory.appendingPathComponent(name))
    }

    private func enroll(_ officer: OfficerKey) async throws {
        var devices: [String: String] = [:]
        var clients: [Client] = []
        for name in Self.persons + ["sensor"] {
            try KeyFile.create(keyFile(name))
            let made = try Client.enroll(
                profile: Profile(directory: directory.appendingPathComponent(name)),
                kind: name == "sensor" ? .sensor : .person, name: name, root: root, unlock: .keyFile(keyFile(name)))
            try write(made.request, "\(name).request")
            devices[name] = "{request: \(name).request, fingerprint: \"\(made.fingerprint)\"}"
            clients.append(made.client)
        }
        let members = Self.persons.map {
            "  - {id: \($0), name: \($0), roles: [responder, lead], clearance: RED, devices: [\(devices[$0] ?? "")]}"
        }
        let source = """
            relays: [relay.json]
            officers: [officer.json]
            policies: {on-call: {steps: [{targets: [ada, bo]}, {after: 1h, targets: [mara]}]}}
            members:
            \(members.joined(separator: "\n"))
            sensors:
              - {id: sensor, name: sensor, device: \(devices["sensor"] ?? ""), policy: on-call}
            """
        let compiled = try CallListCompiler.compile(
            CallListSource(yaml: source), baseDirectory: directory, root: root, previous: nil, now: Date())
        let list = try UnverifiedCallList(decoding: compiled.bundle).adding(signatureBy: officer.privateKey, root: root)
        try write(list, "calllist.json")
        for client in clients {
            try client.importCallList(list)
            await client.shutdown()
        }
    }

    func keyFile(_ profile: String) -> URL { directory.appendingPathComponent("\(profile).key") }

    func openClient(_ profile: String) throws -> Client {
        try Client.open(
            Profile(directory: directory.appendingPathComponent(profile)), unlock: .keyFile(keyFile(profile)))
    }

    // MARK: Processes

    func process(_ program: String, _ arguments: [String], output: Pipe?) -> Process {
        let process = Process()
        process.executableURL = binaries.appendingPathComponent(program)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Ends processes, and returns once they are gone: a relay that still ends holds the port and the data of the next.
    static func end(_ processes: [Process]) {
        for process in processes { process.terminate() }
        for process in processes { process.waitUntilExit() }
    }

    /// Starts the relay, whose database is empty if `data` is a new folder's name, and waits until it listens.
    func startRelay() async throws -> Process {
        let portFile = directory.appendingPathComponent("relay.port")
        try? FileManager.default.removeItem(at: portFile)
        let relay = process(
            "tocsin-relay",
            [
                "serve", "--data", "relay", "--root", "root.json", "--root-digest", root.digest, "--calllist",
                "calllist.json", "--listen", "127.0.0.1:\(port)", "--limits", "limits.json", "--port-file",
                portFile.path, "--log-level", "error",
            ], output: nil)
        try relay.run()
        while !FileManager.default.fileExists(atPath: portFile.path) {
            guard relay.isRunning else { throw BenchFailure("the relay did not start") }
            try await Task.sleep(for: .milliseconds(20))
        }
        return relay
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
