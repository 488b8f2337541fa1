import CallList
import DSSE
import Foundation
import Incident
import Logging
import Platform
import RelayAPI
import SQLite
import Sodium
import Synchronization
import Terms
import TestTeam

@testable import CallList
@testable import Client
@testable import Office
@testable import Relay

/// Officers, a relay on the loopback and devices with their vaults, in a directory of their own, with one clock.
final class World: Sendable {
    let clock = SettableClock()
    private let folder: TemporaryDirectory
    private let port: ReservedPort
    var directory: URL { folder.url }
    let officers: Officers
    var root: TrustedRoot { officers.root }
    private let state = Mutex(State())

    private struct State {
        var relay: RelayServer?
        var task: Task<Void, Never>?
        var record: RelayRecord?
        var lists: [CallList] = []
        var clients: [Client] = []
    }

    static let persons = ["ada", "bo", "mara"]

    /// Starts a test in a world whose relay runs, and whose call list has ada and bo (responders), mara (manager) and a
    /// sensor, all of them enrolled and with key packages at the relay; and ends the world after it, whatever happens.
    static func with(_ body: (World) async throws -> Void) async throws {
        let world = try World()
        do {
            try await world.populate()
            try await body(world)
        } catch {
            await world.end()
            throw error
        }
        await world.end()
    }

    private func populate() async throws {
        try await startRelay()
        for name in Self.persons { _ = try enroll(name) }
        _ = try enroll("siem", kind: .sensor)
        try await publish(try list(members: Self.persons))
    }

    private init() throws {
        (folder, port, officers) = (try TemporaryDirectory(), try ReservedPort(), try Officers())
        let record = try RelayKeys.create(
            in: folder.file("relay"), id: "r1", addresses: ["https://127.0.0.1:\(port.number)"])
        try folder.write("relay.json", record.encoded())
        state.withLock { $0.record = record }
    }

    func end() async {
        await stopRelay()
    }

    // MARK: Relay

    private var relayDirectory: URL { directory.appendingPathComponent("relay") }
    var relay: RelayServer {
        get throws { try state.withLock { try required($0.relay) } }
    }
    var relayRecord: RelayRecord {
        get throws { try state.withLock { try required($0.record) } }
    }
    var newestList: CallList {
        get throws { try state.withLock { try required($0.lists.last) } }
    }

    /// Starts the relay, with the first list ever made where it has none.
    func startRelay() async throws {
        if state.withLock({ $0.lists.isEmpty }) {
            try sign(try compile(yaml: "relays: [relay.json]\nmembers: []\npolicies: {}\n"))
        }
        let bootstrap = state.withLock { $0.lists.first?.bundleBytes }
        let (ports, listening) = AsyncThrowingStream.makeStream(of: Int.self)
        let clock = clock
        // A child that another test starts may still hold what the relay that ran before had: its lock and its port.
        ChildProcess.withNoneStarting {}
        let server = try await RelayServer(
            RelayServer.Options(
                data: relayDirectory, root: root, callList: bootstrap, host: "127.0.0.1", port: port.number,
                limits: RelayLimits(), onListening: { listening.yield($0) }),
            logger: Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() },
            clocks: RelayClock.Sources(wall: { clock.now }, monotonic: { clock.monotonic }))
        let task = Task {
            do {
                try await server.run()
                listening.finish()
            } catch {
                listening.finish(throwing: error)
            }
        }
        var iterator = ports.makeAsyncIterator()
        _ = try required(await iterator.next())
        state.withLock {
            $0.relay = server
            $0.task = task
        }
    }

    func stopRelay() async {
        let task = state.withLock { state in
            defer { state.task = nil }
            return state.task
        }
        task?.cancel()
        // The relay ends once its connections did.
        for client in state.withLock({ $0.clients }) { await client.shutdown() }
        await task?.value
        // And gives its directory back once nobody holds it.
        state.withLock { $0.relay = nil }
    }

    /// Copies what the relay keeps away, as a machine's snapshot does.
    /// - Returns: what puts it back; the relay must not run.
    func snapshotRelay() throws -> @Sendable () throws -> Void {
        let (data, copy) = (relayDirectory, directory.appendingPathComponent("relay-\(UUID().uuidString)"))
        try FileManager.default.copyItem(at: data, to: copy)
        return {
            try FileManager.default.removeItem(at: data)
            try FileManager.default.copyItem(at: copy, to: data)
        }
    }

    /// A record of somebody else's keys at the relay's address.
    func impostor() throws -> RelayRecord {
        try RelayKeys.create(
            in: directory.appendingPathComponent("impostor"), id: "r1", addresses: [relayRecord.addresses[0]])
    }

    /// The relay's timers, at the clock's time.
    func fireTimers() async throws {
        let core = try relay.core
        _ = try await core.store.fireDue(at: core.clock.now, under: core.directory.list)
        _ = try await core.store.deleteOutdated(at: core.clock.now)
    }

    /// How far the relay has come.
    func mark() async throws -> RelayMark { try await relay.core.store.mark() }

    /// What the relay signs with.
    var relayIdentity: Ed25519.PrivateKey {
        get throws { try relay.core.identity }
    }

    /// The relay's storage, for lies.
    func tamper(_ sql: String) throws {
        let store = try required(try relay.core.store as? SQLiteStore)
        try store.database.write { try $0.run(sql) }
    }

    func read<T>(_ body: (Connection) throws -> T) throws -> T {
        let store = try required(try relay.core.store as? SQLiteStore)
        return try store.database.read(body)
    }

    // MARK: Call lists

    /// The next call list: policy `duty` pages ada and bo, then mara after 5 minutes.
    func list(
        members: [String], sensors: [String] = ["siem"], expires: [String: Date] = [:],
        clearance: [String: String] = [:], sealing: [String: String] = [:],
        relay: String = "relay.json", previous: CallList? = nil
    ) throws -> [UInt8] {
        var yaml = "relays: [\(relay)]\nmembers:\n"
        for name in members {
            yaml += """
                  - id: \(name)
                    name: \(name.capitalized) Example
                    roles: [\(name == "mara" ? "manager" : "responder")]
                    clearance: \(clearance[name] ?? "RED")
                    devices: [{request: \(name).request, fingerprint: \(try fingerprint(name)), sealing: \(sealing[name] ?? "~")}]

                """
            if let date = expires[name] { yaml += "    expires: \(date.formatted(Date.ISO8601FormatStyle()))\n" }
        }
        yaml += sensors.isEmpty ? "" : "sensors:\n"
        for name in sensors {
            yaml += """
                  - id: \(name)
                    name: Sensor \(name)
                    policy: duty
                    device: {request: \(name).request, fingerprint: \(try fingerprint(name))}

                """
        }
        let first = members.filter { $0 != "mara" }.joined(separator: ", ")
        let second = members.contains("mara") ? "\n      - after: 5m\n        targets: [mara]" : ""
        yaml += "policies:\n  duty:\n    steps:\n      - targets: [\(first)]\(second)\n"
        return try sign(try compile(yaml: yaml, previous: previous))
    }

    private func fingerprint(_ name: String) throws -> String {
        try EnrolmentRequest(
            verifying: NewFile.read(directory.appendingPathComponent("\(name).request"), limit: 1 << 20)
        ).fingerprint
    }

    private func compile(yaml: String, previous: CallList? = nil) throws -> [UInt8] {
        try CallListCompiler.compile(
            CallListSource(yaml: yaml), baseDirectory: directory, root: root,
            // A minute ago: each list is issued after the one before it, and none ahead of a clock that stands still.
            previous: previous ?? state.withLock { $0.lists.last }, now: clock.date.addingTimeInterval(-60)
        ).bundle
    }

    @discardableResult
    private func sign(_ bundle: [UInt8]) throws -> [UInt8] {
        try remember(officers.signed(bundle))
    }

    private func remember(_ bundle: [UInt8]) throws -> [UInt8] {
        let list = try officers.verified(bundle)
        state.withLock { if ($0.lists.last?.version ?? 0) < list.version { $0.lists.append(list) } }
        return bundle
    }

    /// Hands a list to the relay, and to all devices; those that are on it offer key packages.
    func publish(_ bundle: [UInt8], to clients: [Client]? = nil) async throws {
        try await relay.core.accept(callList: bundle)
        for client in clients ?? state.withLock({ $0.clients }) {
            try client.importCallList(bundle)
            if try newestList.device(client.device) != nil { try await client.sync() }
        }
    }

    // MARK: Devices

    func profile(_ name: String) -> Profile { Profile(directory: directory.appendingPathComponent("p-\(name)")) }
    func unlock(_ name: String) -> VaultUnlock { .keyFile(directory.appendingPathComponent("\(name).key")) }

    @discardableResult
    func enroll(_ name: String, kind: DeviceKind = .person) throws -> Client {
        try KeyFile.create(directory.appendingPathComponent("\(name).key"))
        let clock = clock
        let enrolment = try Client.enroll(
            profile: profile(name), kind: kind, name: name, root: root, unlock: unlock(name), now: { clock.date })
        try enrolment.request.write(to: "\(name).request", in: directory)
        state.withLock { $0.clients.append(enrolment.client) }
        return enrolment.client
    }

    /// The client that enrolled under that name.
    func client(_ name: String) throws -> Client {
        let path = profile(name).directory.path
        return try required(state.withLock { $0.clients.first { $0.profile.directory.path == path } })
    }

    /// Another process on the same profile.
    /// - Parameters:
    ///   - random: what delays are drawn with; the longest each time, where nothing else is given.
    ///   - onStatement: hears of its vault's SQL statements.
    func reopen(
        _ name: String, tap: LinkTap? = nil, clock other: SettableClock? = nil,
        random: @escaping @Sendable (ClosedRange<UInt64>) -> UInt64 = { $0.upperBound },
        onStatement: (@Sendable (String) -> Void)? = nil
    ) throws -> Client {
        let clock = other ?? clock
        let client = try Client(
            profile: profile(name),
            vault: Vault.open(profile(name), unlock: unlock(name), onStatement: onStatement), tap: tap,
            random: random, now: { clock.date })
        state.withLock { $0.clients.append(client) }
        return client
    }

    /// Copies a profile's vault away, as a backup does; gives what restores it.
    func snapshot(_ name: String) throws -> @Sendable () throws -> Void {
        let vault = profile(name).vaultFile
        let copy = directory.appendingPathComponent("\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        let files = ["", "-wal", "-shm"].filter { FileManager.default.fileExists(atPath: vault.path + $0) }
        for suffix in files {
            try FileManager.default.copyItem(atPath: vault.path + suffix, toPath: copy.path + "/v" + suffix)
        }
        return {
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: vault.path + suffix) }
            for suffix in files {
                try FileManager.default.copyItem(atPath: copy.path + "/v" + suffix, toPath: vault.path + suffix)
            }
        }
    }
}

struct Missing: Error {}

func required<T>(_ value: T?) throws -> T {
    guard let value else { throw Missing() }
    return value
}

extension [UInt8] {
    func write(to name: String, in directory: URL) throws {
        try Data(self).write(to: directory.appendingPathComponent(name))
    }
}
