import Foundation
import TestTeam
import Testing

/// Accepted means synced: counted at the system calls of the real programs, which no setting inside them can feign.
@Suite(.enabled("the system lets nobody trace a process here (ptrace)") { try await Strace.mayTrace() })
struct SyncTests {
    @Test("30 alerts, one accepted after another: the relay's log is synced for each") func relay() async throws {
        let team = try await Team()
        let relay = try await team.startRelay(under: try Strace.command())
        try await team.completeEnrolments()
        let before = relay.lines.count
        for number in 0..<30 {
            let sent = try await team.must("alert", "--json", as: "sensor", input: "Disk \(number) is full\n")
            #expect(try sent.string("state") == "accepted")
        }
        relay.signal(SIGTERM)
        #expect(await relay.end() == 0)
        let syncs = Strace.syncs(relay.lines.dropFirst(before))
        #expect(syncs["relay.sqlite-wal", default: 0] >= 30, "\(syncs)")
    }

    @Test("what is queued is on the disk before the command ends") func vault() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        relay.signal(SIGTERM)
        #expect(await relay.end() == 0)
        // Reads, and writes nothing of its own.
        let help = try await team.traced(["--help"])
        #expect(Strace.syncs(help.errors.split(separator: "\n").map(String.init)).isEmpty)
        let queued = try await team.traced(["alert", "--json", "--profile", "sensor"], input: "Disk is full\n")
        #expect(queued.status == 75)
        #expect(try queued.string("state") == "queued")
        let syncs = Strace.syncs(queued.errors.split(separator: "\n").map(String.init))
        #expect(syncs["vault.sqlite-wal", default: 0] >= 1, "\(syncs)")
    }
}

/// The command that shows a program's system calls.
enum Strace {
    /// What stands before a command whose syncs are to be seen, on its standard error. The tracer is its grandchild: who waits
    /// for the command, or ends it, has the command itself.
    static func command() throws -> [String] {
        [try path().path, "-D", "-f", "-y", "-q", "-e", "trace=fdatasync,fsync"]
    }

    private static func path() throws -> URL {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = folders.map { URL(fileURLWithPath: String($0)).appendingPathComponent("strace") }
        guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
            throw HarnessError("strace is missing: .ci/deps test installs it")
        }
        return found
    }

    /// False where the system forbids it; true also where there is no strace, so that the tests say so and fail.
    static func mayTrace() async throws -> Bool {
        guard let command = try? command() else { return true }
        let folder = try TemporaryDirectory()
        let tried = try await ChildProcess.run(
            URL(fileURLWithPath: command[0]), command.dropFirst() + ["true"], environment: ["PATH": "/usr/bin:/bin"],
            directory: folder.url)
        return tried.status == 0
    }

    /// How often each file was synced, by its name.
    static func syncs(_ lines: some Sequence<String>) -> [String: Int] {
        var syncs: [String: Int] = [:]
        for line in lines {
            // `[pid 12] fdatasync(9</some/where/relay.sqlite-wal>) = 0`
            guard let call = line.firstMatch(of: /(?:fdatasync|fsync)\([0-9]+<([^>]*)>/) else { continue }
            syncs[URL(fileURLWithPath: String(call.1)).lastPathComponent, default: 0] += 1
        }
        return syncs
    }
}

extension Team {
    /// Runs `tocsin`, whatever comes of it; its standard error also holds its syncs.
    fileprivate func traced(_ arguments: [String], input: String = "") async throws -> Finished {
        let command = try Strace.command() + [Team.tocsin.path]
        return try await ChildProcess.run(
            URL(fileURLWithPath: command[0]), command.dropFirst() + arguments, environment: Team.environment,
            directory: directory, input: Data(input.utf8))
    }
}
