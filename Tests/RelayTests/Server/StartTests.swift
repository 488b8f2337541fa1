import CallList
import Foundation
import Logging
import Platform
import RelayAPI
import ServiceLifecycle
import Synchronization
import Terms
import TestTeam
import Testing

@testable import Relay

/// What keeps a relay from starting: a clear reason and a hint, and nothing overwritten.
@Suite(.serialized) struct StartTests {
    private struct Place {
        let world: World
        let directory: TemporaryDirectory
        let bundle: [UInt8]

        init() throws {
            world = try World()
            directory = try TemporaryDirectory()
            bundle = try world.bundle()
            _ = try RelayKeys.create(in: directory.url, id: "relay-1", addresses: ["https://127.0.0.1:1"])
        }

        func start(
            callList: [UInt8]?? = nil, port: Int = 0, limits: RelayLimits = RelayLimits(), root: World? = nil,
            log: LogRecorder? = nil
        ) async throws -> RelayServer {
            try await RelayServer(
                RelayServer.Options(
                    data: directory.url, root: (root ?? world).root, callList: callList ?? bundle, host: "127.0.0.1",
                    port: port, limits: limits, onListening: { _ in }),
                logger: log?.logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        func file(_ name: String) -> URL { directory.url.appendingPathComponent(name) }
    }

    private func failure(
        _ words: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> some Sendable
    ) async {
        do {
            _ = try await body()
            Issue.record("it started", sourceLocation: sourceLocation)
        } catch {
            let hint =
                (error as? StartError)?.hint
                ?? (error as? CallListError)?.hint ?? (error as? CallListError)?.reason
            #expect(words.map { "\(error)".contains($0) } ?? true, sourceLocation: sourceLocation)
            #expect(hint?.isEmpty == false, sourceLocation: sourceLocation)
        }
    }

    @Test func filesAreTheOwnersOnly() async throws {
        let place = try Place()
        let server = try await place.start()
        for name in try FileManager.default.contentsOfDirectory(atPath: place.directory.url.path)
        where name != "tls.der" {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.file(name).path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        withExtendedLifetime(server) {}
    }

    @Test func twoRelaysOnOneDirectory() async throws {
        let place = try Place()
        let first = try await place.start()
        await failure("another relay is running") { try await place.start() }
        withExtendedLifetime(first) {}
    }

    @Test func portInUse() async throws {
        try await ServerFixture.run { relay in
            let place = try Place()
            let second = try await place.start(port: relay.port)
            await failure("cannot listen on 127.0.0.1:\(relay.port)") {
                try await second.run(ServiceGroup(configuration: try second.serviceConfiguration(signals: [])))
            }
        }
    }

    @Test func startAndEndAreNoErrors() async throws {
        let log = Mutex<LogRecorder?>(nil)
        try await ServerFixture.run { relay in
            log.withLock { $0 = relay.log }
        }
        let lines = log.withLock { $0?.all } ?? []
        #expect(!lines.isEmpty && !lines.contains { $0.hasPrefix("error") || $0.hasPrefix("warning") }, "\(lines)")
    }

    @Test(arguments: ["identity.seed", "tls.der", "tls.key.pem", "relay.sqlite"])
    func damagedFiles(_ name: String) async throws {
        let place = try Place()
        do { _ = try await place.start() }
        var random = SplitMix64(seed: 4)
        for damage in [random.bytes(10), random.bytes(60), random.bytes(9_000), []] {
            // An empty file is an empty database.
            if name == "relay.sqlite", damage.isEmpty { continue }
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(at: place.file(name + suffix)) }
            try Data(damage).write(to: place.file(name))
            await failure { try await place.start() }
            #expect(try Data(contentsOf: place.file(name)) == Data(damage))
        }
        try FileManager.default.removeItem(at: place.file(name))
        if name != "relay.sqlite" { await failure("cannot read") { try await place.start() } }
    }

    @Test func callLists() async throws {
        let place = try Place()
        await failure("there is no call list yet") { try await place.start(callList: .some(nil)) }
        do { _ = try await place.start() }
        let other = try World()
        await failure("not signed under this root") { try await place.start(root: other) }
        let list = try place.world.list(place.bundle)
        let two = try place.world.bundle(2, previous: list)
        let three = try place.world.bundle(3, previous: try place.world.list(two))
        await failure("does not follow") { try await place.start(callList: three) }
        #expect(try await place.start(callList: two).core.directory.list.version == 2)
        // An older one given is passed over, aloud, and none need be given any more.
        let log = LogRecorder()
        #expect(try await place.start(callList: two, log: log).core.directory.list.version == 2)
        #expect(log.all.isEmpty)
        #expect(try await place.start(callList: place.bundle, log: log).core.directory.list.version == 2)
        #expect(log.all.count == 1 && log.all.first?.hasPrefix("notice the given call list is older") == true)
        #expect(try await place.start(callList: .some(nil)).core.directory.list.version == 2)
    }

    @Test("two lists of one version are no reason to go on: the threshold signed both") func equivocation() async throws
    {
        let place = try Place()
        do { _ = try await place.start() }
        let list = try place.world.list(place.bundle)
        let later = World.start.adding(seconds: 2)
        let other = try place.world.bundle(issued: later)
        await failure("two different call lists 1") { try await place.start(callList: other) }
        do { _ = try await place.start(callList: try place.world.bundle(2, previous: list)) }
        await failure("two different call lists 2") {
            try await place.start(callList: try place.world.bundle(2, previous: list, issued: later))
        }
        // An older one too, and one that goes on from the other.
        await failure("two different call lists 1") { try await place.start(callList: other) }
        await failure("was made from another version 2") {
            let fork = try place.world.bundle(2, previous: list, issued: later)
            return try await place.start(
                callList: try place.world.bundle(3, previous: try place.world.list(fork)))
        }
        #expect(try await place.start(callList: .some(nil)).core.directory.list.version == 2)
    }

    @Test(arguments: [
        ("127.0.0.1:8443", "127.0.0.1", 8_443), ("0.0.0.0:0", "0.0.0.0", 0), ("[::1]:65535", "::1", 65_535),
        ("[2001:db8::7]:1", "2001:db8::7", 1),
    ]) func listenAddresses(_ text: String, host: String, port: Int) {
        let address = ListenAddress(text)
        #expect(address?.host == host && address?.port == port)
    }

    @Test(
        "a name is no listen address: it would have to be looked up",
        arguments: [
            "localhost:8443", "relay.example:8443", "relay:80", "127.0.0.1", "127.0.0.1:", ":8443", "", ":",
            "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:x", "::1:8443", "[::1]", "[127.0.0.1]:1",
            "[localhost]:1", "127.1:80", "0x7f.0.0.1:80", "127.0.0.1\0:80", " 127.0.0.1:80", "[::1:80", "*:80",
        ]) func listenNames(_ text: String)
    {
        #expect(ListenAddress(text) == nil)
    }

    @Test func noRoom() async throws {
        let place = try Place()
        var limits = RelayLimits()
        limits.databasePages = 5
        await failure("there is no room") { try await place.start(limits: limits) }
    }

    @Test(
        "a relay is not set up under what the call list would refuse",
        arguments: [
            [], ["http://127.0.0.1:1"], ["https://relay.example:8443"], ["https://127.0.0.1"],
            ["https://127.0.0.1:1", "https://relay.example:8443"],
        ]) func addresses(_ addresses: [String]) throws
    {
        let directory = try TemporaryDirectory()
        #expect(throws: StartError.self) {
            try RelayKeys.create(in: directory.url, id: "x", addresses: addresses)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path).isEmpty)
    }

    @Test("where the document cannot be written, no keys are left, and set-up can be repeated")
    func documentFails() throws {
        struct Full: Error {}
        let directory = try TemporaryDirectory()
        #expect(throws: Full.self) {
            try RelayKeys.create(in: directory.url, id: "x", addresses: ["https://127.0.0.1:1"]) { _ in throw Full() }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path).isEmpty)
        let record = try RelayKeys.create(
            in: directory.url, id: "x", addresses: ["https://127.0.0.1:1", "https://[::1]:2"])
        #expect(record.addresses.count == 2)
    }

    @Test func setUpOverwritesNothing() throws {
        let place = try Place()
        let before = try Data(contentsOf: place.file("identity.seed"))
        #expect(throws: FileError.self) {
            try RelayKeys.create(in: place.directory.url, id: "x", addresses: ["https://127.0.0.1:1"])
        }
        #expect(try Data(contentsOf: place.file("identity.seed")) == before)
        // Half a relay is none: what was written goes again.
        try FileManager.default.removeItem(at: place.file("identity.seed"))
        #expect(throws: FileError.self) {
            try RelayKeys.create(in: place.directory.url, id: "x", addresses: ["https://127.0.0.1:1"])
        }
        #expect(!FileManager.default.fileExists(atPath: place.file("identity.seed").path))
        #expect(throws: StartError.self) {
            try RelayKeys.create(in: place.directory.url, id: "x", addresses: ["http://127.0.0.1:1"])
        }
    }
}
