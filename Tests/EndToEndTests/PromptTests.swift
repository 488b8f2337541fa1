import Foundation
import TestTeam
import Testing

/// Who is asked, for what, and where the answer goes: a passphrase is typed at the terminal, text comes from standard input,
/// and neither is ever taken for the other.
@Suite struct PromptTests {
    private static let passphrase = "a passphrase for tests"
    private static let unset = ["TERM": "dumb", "TOCSIN_KEY_FILE": "sensor.key"]

    /// Runs a command of ada's, whose passphrase is typed once it is asked for.
    private func typing(
        _ answer: String = "\(passphrase)\n", at terminal: PseudoTerminal, in team: Team, _ arguments: String...,
        input: String = ""
    ) async throws -> Finished {
        async let finished = team.run(
            arguments + ["--profile", "ada"], environment: Self.unset, input: Data(input.utf8), person: .at(terminal))
        try await terminal.answer("passphrase of the profile in \(team.file("ada").path): ", with: answer)
        return try await finished
    }

    @Test func textComesFromStandardInputWhileThePassphraseIsTyped() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let room = try await team.must("open", "--title", "x", "--with", "bo", "--json", as: "ada").string("room")
        let terminal = try PseudoTerminal()
        let sent = try await typing(at: terminal, in: team, "send", room, input: "shut dc01 down\n")
        #expect(sent.status == 0, "\(sent)")
        #expect(!terminal.shown.contains(Self.passphrase) && terminal.echoes)
        let read = try await team.must("read", room, as: "bo").output
        #expect(read.contains("Ada Okafor: shut dc01 down\n") && !read.contains(Self.passphrase))

        // Without a terminal, what stands in standard input stays text: refused, and never posted.
        let refused = try await team.run(
            ["send", room, "--profile", "ada"], environment: Self.unset, input: Data("\(Self.passphrase)\n".utf8))
        #expect(refused.status == 77 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains("hint: --passphrase-file FILE"))
        let dash = try await team.run(
            ["send", room, "--profile", "ada", "--passphrase-file", "-"], environment: Self.unset,
            input: Data("\(Self.passphrase)\n".utf8))
        #expect(dash.status == 65 && dash.errors.contains("never read from standard input"), "\(dash)")
        #expect(try await team.must("read", room, "--new", as: "bo").output.isEmpty)
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    @Test func theTextOfAMessageIsNeverTakenForItsRoom() async throws {
        let team = try await Team()
        for arguments in [["send", "", "shut dc01 down"], ["send", "shut dc01 down"], ["ack", ""], ["read", " "]] {
            let refused = try await team.run(arguments + ["--profile", "ada"], input: Data("not this\n".utf8))
            #expect(refused.status == 64 && refused.output.isEmpty, "\(arguments): \(refused)")
        }
        #expect(try await team.run("status", "--json", as: "ada").json()["queued"] as? Int == 0)
    }

    @Test func aWrongOrMissingAnswerIsRefused() async throws {
        let team = try await Team()
        let terminal = try PseudoTerminal()
        let wrong = try await typing("not it\n", at: terminal, in: team, "status")
        #expect(wrong.status == 77 && wrong.errors.contains("passphrase does not open"), "\(wrong)")
        let none = try await typing("\n", at: terminal, in: team, "status")
        #expect(none.status == 77 && none.errors.contains("no passphrase was typed"), "\(none)")
        let ended = try await typing("\u{04}", at: terminal, in: team, "status")
        #expect(ended.status == 77 && ended.errors.contains("no passphrase was typed"), "\(ended)")
        #expect(terminal.echoes)
    }

    @Test func theTerminalIsGivenBackHoweverThePromptEnds() async throws {
        let team = try await Team()
        let terminal = try PseudoTerminal()
        let interrupted = try await typing("half a pass\u{03}", at: terminal, in: team, "status")
        #expect(interrupted.status == 130 && interrupted.output.isEmpty, "\(interrupted)")
        #expect(terminal.echoes && !terminal.shown.contains("half"))

        let nowhere = try Descriptor(URL(fileURLWithPath: "/dev/null"), O_RDWR)
        let child = try ChildProcess(
            Team.tocsin, ["status", "--profile", "ada"], environment: Self.unset, directory: team.directory,
            person: .at(terminal), input: nowhere, output: nowhere, errors: nowhere)
        try await terminal.waitFor("passphrase of the profile in ")
        #expect(!terminal.echoes)
        child.signal(SIGTERM)
        #expect(await child.status() == 128 + SIGTERM)
        #expect(terminal.echoes)
    }

    @Test func aNewPassphraseIsTypedTwiceAndNothingIsMadeWhereTheTwoDiffer() async throws {
        let team = try await Team()
        func create(_ answers: [String]) async throws -> (Finished, PseudoTerminal) {
            let terminal = try PseudoTerminal()
            async let finished = team.run(
                ["officer", "create", "--out", "new.key"], environment: Self.unset, person: .at(terminal))
            try await terminal.answer("new passphrase for the officer's key new.key: ", with: answers[0])
            try await terminal.answer("the same again: ", with: answers[1])
            return (try await finished, terminal)
        }
        let (differing, _) = try await create(["one\n", "another\n"])
        #expect(differing.status == 65 && differing.output.isEmpty, "\(differing)")
        #expect(!FileManager.default.fileExists(atPath: team.file("new.key").path))
        let (made, terminal) = try await create(["one\n", "one\n"])
        #expect(made.status == 0, "\(made)")
        #expect(!terminal.shown.contains("one") && FileManager.default.fileExists(atPath: team.file("new.key").path))
    }

    /// The answer is the person's, also where the list itself, or anything else, stands in standard input.
    @Test func signingIsAskedAtTheTerminal() async throws {
        let team = try await Team()
        try await team.publishSource(version: 2, devices: Set(team.fingerprints.keys))
        let before = try Data(contentsOf: team.file("calllist-2.json"))
        let arguments =
            ["calllist", "sign", "calllist-2.json", "--officer", "officer-2.key", "--previous", "calllist-1.json"]
            + team.pin
        func sign(_ answer: String) async throws -> Finished {
            let terminal = try PseudoTerminal()
            async let finished = team.run(arguments, input: Data("y\n".utf8), person: .at(terminal))
            try await terminal.answer("Sign this call list? [y/N] ", with: answer)
            return try await finished
        }
        for no in ["\n", "n\n", "\u{04}"] {
            let refused = try await sign(no)
            #expect(refused.status == 77 && refused.errors.contains("not signed"), "\(refused)")
        }
        let unasked = try await team.run(arguments, input: Data("y\n".utf8))
        #expect(unasked.status == 77 && unasked.errors.contains("give --yes"), "\(unasked)")
        #expect(try Data(contentsOf: team.file("calllist-2.json")) == before)
        #expect(try await sign("y\n").status == 0)
        #expect(try Data(contentsOf: team.file("calllist-2.json")) != before)
    }

    /// [R17] What was heard is typed; two groups of it are not on the screen, so that nobody copies it from there.
    @Test func aNewFingerprintIsTypedAsItWasHeard() async throws {
        let team = try await Team()
        try team.source(devices: ["bo"]).write(to: team.file("first.yaml"), atomically: true, encoding: .utf8)
        try await team.must(["calllist", "compile", "--source", "first.yaml", "--out", "first.json"] + team.pin)
        let heard = ["bo": try #require(team.fingerprints["bo"]), "sensor": try #require(team.fingerprints["sensor"])]
        let arguments = ["calllist", "sign", "first.json", "--officer", "officer-2.key", "--yes"] + team.pin
        func sign(_ answers: [String: String]) async throws -> (Finished, PseudoTerminal) {
            let terminal = try PseudoTerminal()
            async let finished = team.run(arguments, person: .at(terminal))
            for (profile, name) in [
                ("sensor", "“Alertmanager, production” (alertmanager)"), ("bo", "“Bo Lindqvist” (bo)"),
            ] {
                try await terminal.waitFor("fingerprint of \(name)'s device ")
                try await terminal.answer(", as you heard it by voice: ", with: "\(answers[profile] ?? "")\n")
                if answers[profile] != heard[profile] { break }
            }
            return (try await finished, terminal)
        }
        let before = try Data(contentsOf: team.file("first.json"))
        for wrong in ["", "yes", team.fingerprints["ada"] ?? "", String(heard["bo"]?.dropLast() ?? "")] {
            let (refused, _) = try await sign(heard.merging(["bo": wrong]) { $1 })
            #expect(refused.status == 77, "\(refused)")
            #expect(refused.errors.contains("not the fingerprint of “Bo Lindqvist” (bo)'s device"))
            for fingerprint in heard.values { #expect(!refused.errors.contains(fingerprint)) }
        }
        #expect(try Data(contentsOf: team.file("first.json")) == before)
        let (signed, _) = try await sign(heard)
        #expect(signed.status == 0, "\(signed)")
        #expect(try Data(contentsOf: team.file("first.json")) != before)
    }

    /// [R17] The same of a root: what it says is on the screen before anybody is asked, and each other officer must have been heard.
    @Test func aNewOfficersFingerprintIsTypedAsItWasHeard() async throws {
        let team = try await Team()
        try await team.must([
            "root", "create", "--threshold", "2", "--out", "typed.json", "--officer", "officer-1.json", "--officer",
            "officer-2.json", "--officer", "officer-3.json",
        ])
        func sign(_ answers: [String], last: String = "y\n") async throws -> Finished {
            let terminal = try PseudoTerminal()
            async let finished = team.run(
                ["root", "sign", "typed.json", "--officer", "officer-2.key"], person: .at(terminal))
            for answer in answers {
                try await terminal.answer(", as you heard it by voice: ", with: "\(answer)\n")
            }
            if answers == [team.officers[0], team.officers[2]] {
                try await terminal.answer("Sign this root? [y/N] ", with: last)
            }
            return try await finished
        }
        let before = try Data(contentsOf: team.file("typed.json"))
        for wrong in [[""], ["yes"], [team.officers[1]], [team.officers[0], team.officers[0]]] {
            let refused = try await sign(wrong)
            #expect(refused.status == 77 && refused.errors.contains("that is not the fingerprint of"), "\(refused)")
            #expect(refused.errors.contains("ROOT 1, the first, digest "))
            for hidden in [0, 2] { #expect(!refused.errors.contains(team.officers[hidden])) }
            #expect(refused.errors.contains("+ officer \(team.officers[1]), which is you\n"))
        }
        let heard = [team.officers[0], team.officers[2]]
        let refused = try await sign(heard, last: "n\n")
        #expect(refused.status == 77 && refused.errors.contains("not signed"), "\(refused)")
        #expect(try Data(contentsOf: team.file("typed.json")) == before)
        #expect(try await sign(heard).status == 0)
        #expect(try Data(contentsOf: team.file("typed.json")) != before)
        // Nobody there to be asked.
        let unasked = try await team.run(["root", "sign", "typed.json", "--officer", "officer-1.key", "--yes"])
        #expect(unasked.status == 77 && unasked.errors.contains("--confirm FINGERPRINT"), "\(unasked)")
    }
}
