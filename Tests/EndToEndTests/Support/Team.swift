import Foundation
import Synchronization
import TestTeam

/// A whole team in a folder of its own, made with the real programs: officers, root, relay, call list, profiles.
final class Team: Sendable {
    static let people = ["ada": "Ada Okafor", "bo": "Bo Lindqvist", "mara": "Mara Duarte"]
    static let sensorName = "Alertmanager, production"

    private let folder: TemporaryDirectory
    private let reserved: ReservedPort
    private let running = Mutex<[RunningProcess]>([])
    /// Whose devices are on each version.
    private let listed = Mutex<[Int: Set<String>]>([:])
    var directory: URL { folder.url }
    var port: Int { reserved.number }
    let rootDigest: String
    /// The officers' fingerprints, in order.
    let officers: [String]
    /// By profile.
    let fingerprints: [String: String]

    /// Founds the team; the relay is set up but not started.
    /// - Parameter delay: seconds until the second step (mara) is called.
    init(delay: Int = 3600) async throws {
        (folder, reserved) = (try TemporaryDirectory(), try ReservedPort())
        let (directory, port) = (folder.url, reserved.number)
        try "a passphrase for tests\n".write(
            to: directory.appendingPathComponent("passphrase"), atomically: true, encoding: .utf8)
        var officers: [String] = []
        for number in 1...3 {
            officers.append(
                try await Self.must(
                    directory, "officer", "create", "--out", "officer-\(number).key", "--public-out",
                    "officer-\(number).json", "--json"
                ).string("fingerprint"))
        }
        self.officers = officers
        try await Self.must(
            directory, "root", "create", "--threshold", "2", "--out", "root.json", "--officer", "officer-1.json",
            "--officer", "officer-2.json", "--officer", "officer-3.json")
        for number in 1...2 {
            let heard = officers.indices.filter { $0 != number - 1 }.flatMap { ["--confirm", officers[$0]] }
            try await Self.must(
                directory, ["root", "sign", "root.json", "--officer", "officer-\(number).key", "--yes"] + heard)
        }
        rootDigest = try await Self.must(directory, "root", "show", "root.json", "--json").string("digest")
        let made = try await ChildProcess.run(
            Program.binaries.appendingPathComponent("tocsin-relay"),
            ["init", "--data", "relay", "--address", "https://127.0.0.1:\(port)", "--out", "relay.json"],
            environment: [:], directory: directory)
        guard made.status == 0 else { throw HarnessError(made.errors) }
        var fingerprints: [String: String] = [:]
        for (profile, name) in Self.people.merging(["sensor": Self.sensorName], uniquingKeysWith: { $1 }) {
            var arguments = [
                "enroll", "request", "--root", "root.json", "--root-digest", rootDigest, "--name", name, "--out",
                "\(profile).request", "--profile", profile, "--json",
            ]
            if profile == "sensor" { arguments.append("--sensor") }
            fingerprints[profile] = try await Self.must(directory, arguments).string("fingerprint")
        }
        self.fingerprints = fingerprints
        try await publishSource(version: 1, devices: Set(fingerprints.keys), delay: delay)
    }

    /// What still runs ends first: nothing is written any more where the folder goes.
    deinit { for process in running.withLock({ $0 }) { process.kill() } }

    /// Compiles and signs `calllist-VERSION.json` with the devices of those profiles.
    /// - Parameter name: the file's, instead: for one of a version that there is already.
    func publishSource(
        version: Int, devices: Set<String>, delay: Int = 3600, as name: String? = nil
    ) async throws {
        let name = name ?? "calllist-\(version)"
        try source(devices: devices, delay: delay).write(
            to: file("\(name).yaml"), atomically: true, encoding: .utf8)
        let arguments = [
            "calllist", "compile", "--source", "\(name).yaml", "--out", "\(name).json",
        ]
        let previous = version > 1 ? ["--previous", "calllist-\(version - 1).json"] : []
        try await must(arguments + previous + pin)
        let (now, before) = (devices.union(["sensor"]), listed.withLock { $0[version - 1] ?? [] })
        listed.withLock { $0[version] = now }
        let heard = now.subtracting(before).sorted().flatMap { ["--confirm", fingerprints[$0] ?? ""] }
        for officer in ["officer-1.key", "officer-3.key"] {
            try await must(
                ["calllist", "sign", "\(name).json", "--officer", officer, "--yes"] + heard + previous + pin
            )
        }
    }

    /// - Parameter devices: of which profiles; the sensor's is always there.
    func source(devices: Set<String>, delay: Int = 3600) -> String {
        func device(_ profile: String) -> String {
            guard devices.contains(profile) else { return "[]" }
            return "[{request: \(profile).request, fingerprint: \"\(fingerprints[profile] ?? "")\"}]"
        }
        return """
            relays: [relay.json]
            officers: [officer-1.json, officer-2.json, officer-3.json]
            policies:
              on-call:
                steps:
                  - targets: [ada, bo]
                  - {after: \(delay)s, targets: [mara]}
            members:
              - {id: ada, name: Ada Okafor, roles: [responder], clearance: RED, devices: \(device("ada"))}
              - {id: bo, name: Bo Lindqvist, roles: [responder, lead], clearance: RED, devices: \(device("bo"))}
              - {id: mara, name: Mara Duarte, roles: [manager], clearance: RED, devices: \(device("mara"))}
            sensors:
              - id: alertmanager
                name: "\(Self.sensorName)"
                device: {request: sensor.request, fingerprint: "\(fingerprints["sensor"] ?? "")"}
                policy: on-call
            """
    }

    func file(_ name: String) -> URL { directory.appendingPathComponent(name) }
    var pin: [String] { ["--root", "root.json", "--root-digest", rootDigest] }

    // MARK: The command line

    static let environment = ["TOCSIN_PASSPHRASE_FILE": "passphrase", "TOCSIN_KEY_FILE": "sensor.key", "TERM": "dumb"]
    static let tocsin = Program.binaries.appendingPathComponent("tocsin")

    /// Runs `tocsin`, whatever comes of it.
    func run(
        _ arguments: [String], environment: [String: String] = Team.environment, input: Data = Data(),
        person: ChildProcess.Person = .nobody
    ) async throws -> Finished {
        try await ChildProcess.run(
            Self.tocsin, arguments, environment: environment, directory: directory, input: input, person: person)
    }

    func run(_ arguments: String..., as profile: String, input: String = "") async throws -> Finished {
        try await run(arguments + ["--profile", profile], input: Data(input.utf8))
    }

    /// Runs `tocsin`, which must succeed.
    @discardableResult
    func must(_ arguments: [String], input: Data = Data()) async throws -> Finished {
        try await Self.must(directory, arguments, input: input)
    }

    @discardableResult
    func must(_ arguments: String..., as profile: String, input: String = "") async throws -> Finished {
        try await must(arguments + ["--profile", profile], input: Data(input.utf8))
    }

    @discardableResult
    private static func must(_ directory: URL, _ arguments: String...) async throws -> Finished {
        try await must(directory, arguments)
    }

    @discardableResult
    private static func must(_ directory: URL, _ arguments: [String], input: Data = Data()) async throws -> Finished {
        let finished = try await ChildProcess.run(
            tocsin, arguments, environment: environment, directory: directory, input: input)
        guard finished.status == 0 else {
            throw HarnessError("tocsin \(arguments.joined(separator: " ")): \(finished.status) \(finished.errors)")
        }
        return finished
    }

    // MARK: Processes that run on

    /// Starts the relay and waits until it listens.
    /// - Parameter command: a program, with its arguments, that runs it.
    func startRelay(
        data: String = "relay", limits: String? = nil, under command: [String] = []
    ) async throws -> RunningProcess {
        var arguments =
            ["serve", "--data", data, "--calllist", "calllist-1.json", "--listen", "127.0.0.1:\(port)"] + pin
        if let limits {
            try limits.write(to: file("limits.json"), atomically: true, encoding: .utf8)
            arguments += ["--limits", "limits.json"]
        }
        let whole = command + [Program.binaries.appendingPathComponent("tocsin-relay").path] + arguments
        let relay = try RunningProcess(
            URL(fileURLWithPath: whole[0]), Array(whole.dropFirst()), environment: [:], directory: directory,
            log: file("relay.log"))
        running.withLock { $0.append(relay) }
        _ = try await relay.line(holding: "listening")
        return relay
    }

    /// Everybody takes in the first call list; the relay must run.
    func completeEnrolments() async throws {
        for profile in fingerprints.keys.sorted() {
            try await must("enroll", "complete", "--calllist", "calllist-1.json", as: profile)
        }
    }

    /// Starts `tocsin watch --json` and waits until it is connected.
    func watch(_ profile: String) async throws -> RunningProcess {
        let watch = try RunningProcess(
            Self.tocsin, ["watch", "--all", "--json", "--profile", profile], environment: Self.environment,
            directory: directory, log: file("\(profile).watch.log"))
        running.withLock { $0.append(watch) }
        _ = try await watch.line(holding: #""event":"connected""#)
        return watch
    }
}
