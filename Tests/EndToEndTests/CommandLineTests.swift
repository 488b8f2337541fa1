import Foundation
import TestTeam
import Testing

/// The face of the command line: help, exit codes, and what a process leaves behind.
@Suite struct CommandLineTests {
    /// To take a wanted change in: `TOCSIN_RECORD=1 make test`, and look at the difference.
    @Test func helpIsAsRecorded() async throws {
        var help = ""
        for command in try await CommandTree.load().names {
            let shown = try await ChildProcess.run(
                Team.tocsin, command.split(separator: " ").map(String.init) + ["--help"],
                environment: ["COLUMNS": "80"], directory: Program.repository)
            #expect(shown.status == 0)
            help += "$ tocsin \(command) --help\n\(shown.output)\n"
        }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Snapshots/help.txt")
        if ProcessInfo.processInfo.environment["TOCSIN_RECORD"] != nil {
            try help.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == help)
    }

    @Test func exitCodesAreThoseOfTheTable() async throws {
        let team = try await Team()
        #expect(try await team.run(["page"]).status == 64)
        #expect(try await team.run(["inbox", "--profile", "nobody"]).status == 78)
        #expect(try await team.run("inbox", as: "ada").status == 78)
        #expect(try await team.run(["calllist", "check", "missing.json"] + team.pin).status == 66)
        #expect(try await team.run(["officer", "create", "--out", "officer-1.key"]).status == 73)
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        #expect(try await team.run("read", "ffffffff", as: "ada").status == 66)
        #expect(try await team.run("page", "--policy", "none", "--title", "x", as: "ada").status == 65)
        #expect(try await team.run("page", "--policy", "on-call", "--title", "x", as: "sensor").status == 77)
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
        #expect(try await team.run("page", "--policy", "on-call", "--title", "x", as: "ada").status == 75)
    }

    @Test func processesLeaveNoCoreFileAndProfilesAreTheirOwnersAlone() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let watch = try await team.watch("ada")
        for pid in [relay.pid, watch.pid] {
            let limits = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
            let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            #expect(core?.split(separator: " ").dropFirst(4).prefix(2).map(String.init) == ["0", "0"])
        }
        for (path, mode) in [
            ("ada", 0o700), ("ada/vault.sqlite", 0o600), ("sensor.key", 0o600), ("officer-1.key", 0o600),
            ("relay/relay.sqlite", 0o600), ("relay/identity.seed", 0o600),
        ] {
            let attributes = try FileManager.default.attributesOfItem(atPath: team.file(path).path)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }
        watch.signal(SIGINT)
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    @Test func theKeysFolderHoldsPublicDocumentsOnly() async throws {
        let team = try await Team()
        let keys = Program.repository.appendingPathComponent("keys").path
        #expect(try await team.run(["keys", "check", keys]).status == 0)
        #expect(try await team.run(["keys", "check", "."]).status == 65)
    }
}
