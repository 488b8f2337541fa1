import AsyncHTTPClient
import CallList
import Client
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Office
import RelayAPI
import Sodium
import Synchronization
import Terms
import TestTeam
import Testing

/// A real relay process, the devices that it knows, and what each of them can do. Who means harm has ``Line`` beside it.
final class Siege: Sendable {
    let directory: TemporaryDirectory
    private let running: Mutex<RunningProcess>
    private let command: [String]
    private let environment: [String: String]
    let devices: [String: DeviceKeys]
    /// Those of the people, where they have vaults and the real client.
    private let clients: [String: Client]
    let officers: Officers
    /// What devices post, pinned to the call list that the relay has.
    let posts: Posts
    /// The next call list, signed.
    let nextList: [UInt8]
    /// The next one in its stead, without ada's device.
    private let listWithoutAda: [UInt8]
    private let reserved: ReservedPort
    var port: Int { reserved.number }

    private static let binaries = URL(
        fileURLWithPath: ProcessInfo.processInfo.environment["TOCSIN_BIN"] ?? ".build/debug")

    /// - Parameters:
    ///   - limits: JSON, as an operator writes it.
    ///   - crew: whether the people have clients, with vaults and key packages, instead of bare keys.
    ///   - descriptors: the soft and the hard limit that the relay is started with.
    ///   - clock: days by which its wall clock is off; nil for a relay whose clock nobody sets.
    ///   - disk: whether what is wrong with its disk can be chosen.
    init(
        limits: String = "{}", crew: Bool = false, descriptors: (soft: Int, hard: Int) = (1_024, 4_096),
        clock: Double? = nil, disk: Bool = false
    ) async throws {
        let founding = try Founding()
        (officers, directory, reserved) = (founding.officers, try TemporaryDirectory(), try ReservedPort())
        let program = Self.binaries.appendingPathComponent("tocsin-relay").path
        let made = try await ChildProcess.run(
            URL(fileURLWithPath: program),
            ["init", "--data", "relay", "--address", "https://127.0.0.1:\(reserved.number)", "--out", "relay.json"],
            environment: [:], directory: directory.url)
        try #require(made.status == 0)
        try founding.directory.write("relay.json", directory.read("relay.json"))
        clients = crew ? try Self.enroll(founding, in: directory) : [:]
        devices = Dictionary(uniqueKeysWithValues: founding.people).merging(clients.mapValues(\.keys)) { $1 }
        let list = try founding.list(at: Date())
        posts = Posts(list: list)
        let next = try founding.compile(founding.source(), previous: list, at: Date()).bundle
        nextList = try officers.signed(next)
        listWithoutAda = try officers.signed(
            founding.compile(founding.source(without: "ada"), previous: list, at: Date()).bundle)
        try directory.write("root.json", officers.root.envelope)
        try directory.write("list.json", list.bundleBytes)
        try directory.write("limits.json", Array(limits.utf8))
        command = [
            "-c", "ulimit -Sn \(descriptors.soft) && ulimit -Hn \(descriptors.hard) && exec \"$0\" \"$@\"", program,
            "serve", "--data", "relay", "--root", "root.json", "--root-digest", officers.root.digest, "--calllist",
            "list.json", "--listen", "127.0.0.1:\(reserved.number)", "--limits", "limits.json",
        ]
        try directory.write("clock", [UInt8](repeating: 0, count: 8))
        try directory.write("disk", Array(DiskFault.none.rawValue.utf8))
        environment =
            disk
            ? Self.faultyDisk(under: "relay", in: directory)
            : clock == nil ? [:] : Self.settableClock(directory.file("clock"))
        if let clock { try Self.setClock(days: clock, in: directory) }
        running = Mutex(try Self.start(command, environment, in: directory))
        try await listens()
        for client in clients.values {
            try client.importCallList(list.bundleBytes)
            try await client.sync()
        }
    }

    deinit { relay.kill() }

    /// Enrols the people anew, each with a vault in a folder of their name.
    private static func enroll(_ founding: Founding, in directory: TemporaryDirectory) throws -> [String: Client] {
        var clients: [String: Client] = [:]
        for (name, keys) in founding.people where keys.kind == .person {
            let unlock = directory.file("\(name).key")
            try KeyFile.create(unlock)
            let enrolment = try Client.enroll(
                profile: Profile(directory: directory.file(name)), kind: .person, name: name, root: founding.root,
                unlock: .keyFile(unlock))
            try founding.directory.write("\(name).request", enrolment.request)
            clients[name] = enrolment.client
        }
        return clients
    }

    /// A siege of people who have clients, which end with `body`.
    static func withCrew(
        limits: String = "{}", clock: Double? = nil, _ body: (Siege) async throws -> Void
    ) async throws {
        let siege = try await Siege(limits: limits, crew: true, clock: clock)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(siege))
        } catch {
            result = .failure(error)
        }
        for client in siege.clients.values { await client.shutdown() }
        try result.get()
    }

    /// The officers revoke ada's device: relay and people get the next call list.
    func publishListWithoutAda() async throws {
        let ada = try device("ada")
        try await with { visit in
            _ = try await visit.insist(.PUT, "/v1/calllist?device=\(ada.id)", body: listWithoutAda)
        }
    }

    func client(_ name: String) throws -> Client { try #require(clients[name]) }

    /// Runs `tocsin` on somebody's profile, which lies on a disk with whatever fault is chosen.
    func tocsin(_ arguments: String..., as name: String) async throws -> Finished {
        try await ChildProcess.run(
            Self.binaries.appendingPathComponent("tocsin"),
            arguments + ["--profile", name, "--key-file", "\(name).key"],
            environment: Self.faultyDisk(under: name, in: directory).merging(["TERM": "dumb"]) { $1 },
            directory: directory.url)
    }

    /// Runs another command of the relay's program.
    func relayCommand(_ arguments: String...) async throws -> Finished { try await relayCommand(arguments) }

    func relayCommand(_ arguments: [String]) async throws -> Finished {
        try await ChildProcess.run(
            Self.binaries.appendingPathComponent("tocsin-relay"), arguments, environment: ["TERM": "dumb"],
            directory: directory.url)
    }

    // MARK: The process

    var relay: RunningProcess { running.withLock { $0 } }

    private static func start(
        _ command: [String], _ environment: [String: String], in directory: TemporaryDirectory
    ) throws -> RunningProcess {
        try RunningProcess(
            URL(fileURLWithPath: "/bin/bash"), command, environment: environment, directory: directory.url,
            log: directory.file("relay.log"))
    }

    private func listens() async throws { _ = try await relay.line(holding: "[tocsin_relay] listening") }

    /// Starts it again after it was killed.
    func startAgain() async throws {
        let next = try Self.start(command, environment, in: directory)
        running.withLock { $0 = next }
        try await listens()
    }

    /// Starts it again, to end by itself.
    func startInVain() async throws -> (status: Int32, lines: [String]) {
        let next = try Self.start(command, environment, in: directory)
        return (await next.end(within: .seconds(30)), next.lines)
    }

    // MARK: Disks

    enum DiskFault: String, Sendable, CaseIterable {
        case none = "-"
        case full = "F"
        case readOnly = "R"
    }

    private static func faultyDisk(under folder: String, in directory: TemporaryDirectory) -> [String: String] {
        [
            "LD_PRELOAD": binaries.appendingPathComponent("libFaultyDisk.so").path,
            "FAULTY_DISK": directory.file("disk").path,
            "FAULTY_DISK_FOLDER": directory.file(folder).resolvingSymlinksInPath().path,
        ]
    }

    /// What is wrong from now on with the disks of the programs that were started with one that can be chosen.
    func setDisk(_ fault: DiskFault) throws {
        // In place: they have the file in their memory.
        let file = try FileHandle(forWritingTo: directory.file("disk"))
        defer { try? file.close() }
        try file.write(contentsOf: Data(fault.rawValue.utf8))
    }

    // MARK: Its clock

    /// Its wall clock is off by what the file says, and the clocks that nobody sets are as they are.
    private static func settableClock(_ file: URL) -> [String: String] {
        ["LD_PRELOAD": binaries.appendingPathComponent("libWallClock.so").path, "WALL_CLOCK": file.path]
    }

    /// Sets the wall clock of a relay that was started with one that can be set.
    /// - Parameter days: how far it is off.
    func setClock(days: Double) throws { try Self.setClock(days: days, in: directory) }

    private static func setClock(days: Double, in directory: TemporaryDirectory) throws {
        // In place: the relay has the file in its memory.
        let file = try FileHandle(forWritingTo: directory.file("clock"))
        defer { try? file.close() }
        try file.write(contentsOf: withUnsafeBytes(of: Int64(days * 86_400)) { Data($0) })
    }

    /// Seconds by which the relay's clock is ahead of this test's.
    func clockLead() async throws -> Double {
        try await with { visit in
            let info = try JSONDecoder().decode(
                RelayInfo.self, from: Data(try await visit.insist(.GET, "/v1/relay").body))
            return info.time.date.timeIntervalSinceNow
        }
    }

    /// Bytes that it has in memory.
    var memory: Int {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(relay.pid)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) << 10
        }
    }

    /// Files and connections that it has open.
    var descriptors: Int {
        get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(relay.pid)/fd").count }
    }

    /// Waits until something is so.
    static func wait(_ limit: Duration, for condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    // MARK: Requests

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        var problem: ProblemCode? { try? JSONDecoder().decode(Problem.self, from: Data(body)).code }
    }

    /// Each with connections of its own, which end with `body`.
    func with<T: Sendable>(_ body: (Visit) async throws -> T) async throws -> T {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<T, any Error>
        do {
            result = .success(try await body(Visit(http: http, port: port)))
        } catch {
            result = .failure(error)
        }
        try? await http.shutdown()
        return try result.get()
    }

    func device(_ name: String) throws -> DeviceKeys { try #require(devices[name]) }
}

/// What one who talks to the relay as it is meant can do.
struct Visit: Sendable {
    let http: HTTPClient
    let port: Int

    func send(
        _ method: HTTPMethod, _ path: String, token: String? = nil, body: [UInt8]? = nil
    ) async throws -> Siege.Answer {
        var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await http.execute(request, timeout: .seconds(10))
        return Siege.Answer(
            status: Int(response.status.code), body: Array(buffer: try await response.body.collect(upTo: 64 << 20)))
    }

    /// As ``send(_:_:token:body:)``, again and again for a while, as clients do: until it is answered with success.
    func insist(
        _ method: HTTPMethod, _ path: String, token: String? = nil, body: [UInt8]? = nil
    ) async throws -> Siege.Answer {
        let deadline = ContinuousClock.now + .seconds(15)
        while true {
            let answer = try? await send(method, path, token: token, body: body)
            if let answer, answer.status < 300 { return answer }
            guard ContinuousClock.now < deadline else {
                throw Silenced(what: "\(method) \(path): \(answer.map { "\($0.status)" } ?? "no answer")")
            }
        }
    }

    struct Silenced: Error { let what: String }

    func token(_ keys: DeviceKeys) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(15)
        while true {
            do {
                return try await tryToken(keys)
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
            }
        }
    }

    private func tryToken(_ keys: DeviceKeys) async throws -> String {
        let info = try JSONDecoder().decode(
            RelayInfo.self, from: Data(try await insist(.GET, "/v1/relay?device=\(keys.id)").body))
        let challenge = try JSONDecoder().decode(
            Challenge.self, from: Data(try await insist(.GET, "/v1/challenge?device=\(keys.id)").body))
        let signed = SessionRequest.signedContent(
            challenge: [UInt8](challenge.challenge), relay: [UInt8](info.identity), device: keys.id)
        let request = SessionRequest(
            device: keys.id, challenge: challenge.challenge, signature: Data(keys.session.signature(for: signed)))
        let answer = try await send(
            .POST, "/v1/session?device=\(keys.id)", body: [UInt8](JSONEncoder().encode(request)))
        return try JSONDecoder().decode(SessionAnswer.self, from: Data(answer.body)).token
    }
}
