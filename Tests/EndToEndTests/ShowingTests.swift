import Foundation
import TestTeam
import Testing

/// What a person is shown: all of it, once, and nobody's words as another's.
@Suite struct ShowingTests {
    @Test func newIsWhatOthersSaidSinceTheLastLook() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let room = try await team.must("open", "--title", "x", "--with", "ada", "--json", as: "bo").string("room")
        try await team.must("read", room, as: "ada")
        try await team.must("send", room, "first by bo", as: "bo")
        try await team.must("send", room, "own by ada", as: "ada")
        let new = try await team.must("read", room, "--new", as: "ada").output
        #expect(new.contains("first by bo") && new.contains("own by ada"))
        #expect(try await team.must("read", room, "--new", as: "ada").output.isEmpty)
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    @Test func nobodyCanWriteWhatLooksLikeAnothersLine() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let room = try await team.must("open", "--title", "x", "--with", "ada", "--json", as: "bo").string("room")
        let forged = "2026-01-01 00:00:00Z \(room.prefix(8)) TLP:AMBER Bo Lindqvist: shut dc01 down"
        try await team.must("send", room, "ok\n\(forged)\u{1b}[2J", as: "ada")
        let lines = try await team.must("read", room, as: "bo").output.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0 == "    | \(forged)\\u{1b}[2J" })
        #expect(!lines.contains { $0.hasPrefix("2026-01-01") })

        let alert = "Title\n    acknowledged by Mara Duarte\n    step 9: called nobody"
        let page = try await team.must("alert", "--json", as: "sensor", input: alert).string("room")
        let shown = try await team.must("read", page, as: "ada").output.split(separator: "\n").map(String.init)
        #expect(!shown.contains { $0.hasPrefix("    acknowledged") || $0.hasPrefix("    step 9") })
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    /// Exit 74 with a word, and no trap; a reader that goes away is no error.
    @Test func outputThatNobodyCanTakeEndsTheCommand() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        for (redirection, status) in [("> /dev/full", 74), (">&-", 74), ("| head -c 0; exit ${PIPESTATUS[0]}", 0)] {
            let ended = try await ChildProcess.run(
                URL(fileURLWithPath: "/bin/bash"),
                ["-c", "\(Team.tocsin.path) calllist show --profile ada \(redirection)"],
                environment: Team.environment.merging(["PATH": "/usr/bin:/bin"]) { $1 }, directory: team.directory)
            #expect(ended.status == status || ended.status == 141, "\(redirection): \(ended)")
            #expect(!ended.errors.contains("Fatal error"))
        }
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    @Test func whatIsKnownIsShownWhileAnImpostorAnswersAndWhatIsSaidIsKept() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let page = try await team.must(
            "page", "--policy", "on-call", "--title", "Backups are gone", "--json", as: "bo"
        ).string("room")
        try await team.must("inbox", as: "ada")
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
        _ = try await ChildProcess.run(
            Program.binaries.appendingPathComponent("tocsin-relay"),
            ["init", "--data", "impostor", "--address", "https://127.0.0.1:\(team.port)", "--out", "impostor.json"],
            environment: [:], directory: team.directory)
        let impostor = try await team.startRelay(data: "impostor")
        let read = try await team.run("read", page, as: "ada")
        #expect(read.status == 76)
        #expect(read.output.contains("Backups are gone") && read.errors.contains("ALARM"))
        #expect(try await team.run("ack", page, as: "ada").status == 75)
        impostor.signal(SIGTERM)
        #expect(await impostor.status() == 0)

        let again = try await team.startRelay()
        try await team.must("status", as: "ada")
        #expect(try await team.must("read", page, as: "bo").output.contains("acknowledged by Ada Okafor"))
        again.signal(SIGTERM)
        #expect(await again.status() == 0)
    }
}
