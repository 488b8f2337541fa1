import CallList
import Foundation
import Testing

@testable import Relay

/// The executable itself.
@Suite(.serialized) struct ProcessTests {
    private func serve(_ directory: TemporaryDirectory, environment: [String] = []) async throws -> RelayProcess {
        let world = try World()
        let data = directory.url.appendingPathComponent("data")
        _ = try RelayKeys.create(in: data, id: "relay-1", addresses: ["https://127.0.0.1:1"])
        for (name, bytes) in [("root.json", world.root.envelope), ("list.json", try world.bundle())] {
            try Data(bytes).write(to: directory.url.appendingPathComponent(name))
        }
        func path(_ name: String) -> String { directory.url.appendingPathComponent(name).path }
        let relay = try RelayProcess(
            [
                "serve", "--data", data.path, "--root", path("root.json"), "--root-digest", world.root.digest,
                "--calllist", path("list.json"), "--listen", "127.0.0.1:0", "--port-file", path("port"),
            ], environment: environment, directory: directory)
        for _ in 0..<300 where !FileManager.default.fileExists(atPath: path("port")) {
            try await Task.sleep(for: .milliseconds(100))
        }
        try #require(FileManager.default.fileExists(atPath: path("port")), "\(relay.text)")
        return relay
    }

    @Test(
        "a relay that crashes shows nothing of its memory, whatever the environment asks for",
        arguments: [[], ["SWIFT_BACKTRACE=enable=yes,color=no,registers=all,output-to=stderr"]],
        [SIGSEGV, SIGABRT, SIGILL, SIGTRAP])
    func crash(_ environment: [String], _ signal: Int32) async throws {
        let directory = try TemporaryDirectory()
        let relay = try await serve(directory, environment: environment)
        let before = relay.text
        kill(relay.pid, signal)
        let status = try await relay.end()
        // By that signal, and without a core file.
        #expect(status == signal)
        #expect(relay.text == before)
        #expect(!before.contains("crashed"))
    }

    @Test func namesAreWrongUsage() async throws {
        let directory = try TemporaryDirectory()
        let relay = try RelayProcess(
            [
                "serve", "--data", directory.url.path, "--root", "r", "--root-digest", "d", "--listen",
                "localhost:8443",
            ], directory: directory)
        #expect(try await relay.end() == 64 << 8)
        #expect(relay.text.contains("--listen must be an IP address and a port"), "\(relay.text)")
    }
}
