import CallList
import Foundation
import TestTeam
import Testing

@testable import Relay

/// The executable itself.
@Suite(.serialized) struct ProcessTests {
    private static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("tocsin-relay")

    private func start(
        _ arguments: [String], environment: [String: String] = [:], in directory: TemporaryDirectory
    ) throws -> RunningProcess {
        try RunningProcess(
            Self.executable, ["serve"] + arguments, environment: environment, directory: directory.url,
            log: directory.file("log"))
    }

    private func serve(
        in directory: TemporaryDirectory, environment: [String: String]
    ) async throws -> RunningProcess {
        let world = try World()
        _ = try RelayKeys.create(in: directory.file("data"), id: "relay-1", addresses: ["https://127.0.0.1:1"])
        try directory.write("root.json", world.root.envelope)
        try directory.write("list.json", world.bundle())
        let relay = try start(
            [
                "--data", "data", "--root", "root.json", "--root-digest", world.root.digest, "--calllist", "list.json",
                "--listen", "127.0.0.1:0",
            ], environment: environment, in: directory)
        _ = try await relay.line(holding: "[tocsin_relay] listening")
        return relay
    }

    @Test(
        "a relay that crashes shows nothing of its memory, whatever the environment asks for",
        arguments: [[:], ["SWIFT_BACKTRACE": "enable=yes,color=no,registers=all,output-to=stderr"]],
        [SIGSEGV, SIGABRT, SIGILL, SIGTRAP])
    func crash(_ environment: [String: String], _ signal: Int32) async throws {
        let directory = try TemporaryDirectory()
        let relay = try await serve(in: directory, environment: environment)
        let before = relay.lines
        relay.signal(signal)
        let status = await relay.end()
        // By that signal, and without a core file.
        #expect(status == signal)
        #expect(relay.lines == before)
        #expect(!before.contains { $0.contains("crashed") })
    }

    @Test func namesAreWrongUsage() async throws {
        let directory = try TemporaryDirectory()
        let relay = try start(
            ["--data", "data", "--root", "r", "--root-digest", "d", "--listen", "localhost:8443"], in: directory)
        #expect(await relay.end() == 64 << 8)
        #expect(
            relay.lines.contains { $0.contains("--listen must be an IP address and a port") }, "\(relay.lines)")
    }
}
