import Foundation

/// A whole team in a folder of its own, made with the real programs: officers, root, relay, call list, profiles.
final class Team: Sendable {
    static let people = ["ada": "Ada Okafor", "bo": "Bo Lindqvist", "mara": "Mara Duarte"]
    static let sensorName = "Alertmanager, production"

    let directory: URL
    let port: Int
    let rootDigest: String
    /// By profile.
    let fingerprints: [String: String]

    /// Founds the team; the relay is set up but not started.
    /// - Parameter delay: seconds until the second step (mara) is called.
    init(delay: Int = 3600) async throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("tocsin-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory
        port = try freePort()
        try "a passphrase for tests\n".write(
            to: directory.appendingPathComponent("passphrase"), atomically: true, encoding: .utf8)
        for number in 1...3 {
            try await Self.must(
                directory, "officer", "create", "--out", "officer-\(number).key", "--public-out",
                "officer-\(number).json")
        }
        try await Self.must(
            directory, "root", "create", "--threshold", "2", "--out", "root.json", "--officer", "officer-1.json",
            "--officer", "officer-2.json", "--officer", "officer-3.json")
        for number in 1...2 {
            try await Self.must(directory, "root", "sign", "root.json", "--officer", "officer-\(number).key")
        }
        rootDigest = try await Self.must(directory, "root", "show", "root.json", "--json").string("digest")
        let made = try await Program.run(
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

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Compiles and signs `calllist-VERSION.json` with the devices of those profiles.
    func publishSource(version: Int, devices: Set<String>, delay: Int = 3600) async throws {
        try source(devices: devices, delay: delay).write(
            to: file("calllist-\(version).yaml"), atomically: true, encoding: .utf8)
        var arguments = [
            "calllist", "compile", "--source", "calllist-\(version).yaml", "--out", "calllist-\(version).json",
        ]
        if version > 1 { arguments += ["--previous", "calllist-\(version - 1).json"] }
        try await must(arguments + pin)
        for officer in ["officer-1.key", "officer-3.key"] {
            try await must(["calllist", "sign", "calllist-\(version).json", "--officer", officer, "--yes"] + pin)
        }
    }

    private func source(devices: Set<String>, delay: Int) -> String {
        func device(_ profile: String) -> String {
            guard devices.contains(profile) else { return "[]" }
            return "[{request: \(profile).request, fingerprint: \"\(fingerprints[profile] ?? "")\"}]"
        }
        return """
            relays: [relay.json]
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
        person: Child.Person = .nobody
    ) async throws -> Finished {
        try await Program.run(
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
        let finished = try await Program.run(
            tocsin, arguments, environment: environment, directory: directory, input: input)
        guard finished.status == 0 else {
            throw HarnessError("tocsin \(arguments.joined(separator: " ")): \(finished.status) \(finished.errors)")
        }
        return finished
    }

    // MARK: Processes that run on

    /// Starts the relay and waits until it listens.
    func startRelay(data: String = "relay", limits: String? = nil) async throws -> Running {
        var arguments =
            ["serve", "--data", data, "--calllist", "calllist-1.json", "--listen", "127.0.0.1:\(port)"] + pin
        if let limits {
            try limits.write(to: file("limits.json"), atomically: true, encoding: .utf8)
            arguments += ["--limits", "limits.json"]
        }
        let relay = try Running(
            Program.binaries.appendingPathComponent("tocsin-relay"), arguments, environment: [:], directory: directory,
            log: file("relay.log"))
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
    func watch(_ profile: String) async throws -> Running {
        let watch = try Running(
            Self.tocsin, ["watch", "--all", "--json", "--profile", profile], environment: Self.environment,
            directory: directory, log: file("\(profile).watch.log"))
        _ = try await watch.line(holding: #""event":"connected""#)
        return watch
    }
}

/// A TCP port on loopback that was free just now.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw HarnessError("no socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16? in
            guard bind(descriptor, address, length) == 0, getsockname(descriptor, address, &length) == 0 else {
                return nil
            }
            return pointer.pointee.sin_port.bigEndian
        }
    }
    guard let port else { throw HarnessError("no free port") }
    return Int(port)
}
