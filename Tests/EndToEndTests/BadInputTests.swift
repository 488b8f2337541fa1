import Foundation
import TestTeam
import Testing

/// Damaged files, wrong secrets and impostors: a clear error with a hint, no crash, and nothing lost.
@Suite struct BadInputTests {
    /// Cut short, and with one bit turned over, at places that a fixed step picks.
    private func damaged(_ bytes: Data) -> [Data] {
        stride(from: 0, to: bytes.count, by: max(1, bytes.count / 7)).flatMap { place in
            var flipped = bytes
            flipped[flipped.startIndex + place] ^= 0x10
            return [Data(bytes.prefix(place)), flipped]
        }
    }

    @Test func damagedCallListsAreRefusedAndTheOneInUseStays() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        try await team.publishSource(version: 2, devices: Set(team.fingerprints.keys))
        let good = try Data(contentsOf: team.file("calllist-2.json"))
        for bytes in damaged(good) {
            try bytes.write(to: team.file("damaged.json"))
            let refused = try await team.run("calllist", "import", "damaged.json", as: "ada")
            #expect(refused.status == 65, "\(refused)")
            #expect(refused.errors.hasPrefix("tocsin: "))
        }
        #expect(try await team.must("status", "--json", as: "ada").json()["call_list"] as? Int == 1)
        try await team.must("calllist", "import", "calllist-2.json", as: "ada")
        let older = try await team.run("calllist", "import", "calllist-1.json", as: "ada")
        #expect(older.status == 65)
        #expect(older.errors.contains("older") && older.errors.contains("hint: "))
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    @Test func damagedRequestsAreRefusedAndNothingIsWritten() async throws {
        let team = try await Team()
        let good = try Data(contentsOf: team.file("ada.request"))
        for bytes in damaged(good) {
            try bytes.write(to: team.file("ada.request"))
            let refused = try await team.run(
                ["calllist", "compile", "--source", "calllist-1.yaml", "--out", "out.json"] + team.pin)
            #expect(refused.status == 65, "\(refused)")
            #expect(!FileManager.default.fileExists(atPath: team.file("out.json").path))
        }
    }

    @Test func aWrongPassphraseIsRefusedAndNobodyIsAskedWithoutATerminal() async throws {
        let team = try await Team()
        try "not it\n".write(to: team.file("wrong"), atomically: true, encoding: .utf8)
        let wrong = try await team.run(
            ["inbox", "--profile", "ada"], environment: ["TOCSIN_PASSPHRASE_FILE": "wrong"])
        #expect(wrong.status == 77)
        #expect(wrong.errors.contains("passphrase does not open"))
        let unasked = try await team.run(["inbox", "--profile", "ada"], environment: [:])
        #expect(unasked.status == 77)
        #expect(unasked.errors.contains("hint: --passphrase-file"))
        let officer = try await team.run(
            ["calllist", "sign", "calllist-1.json", "--officer", "officer-2.key", "--yes"] + team.pin,
            environment: ["TOCSIN_PASSPHRASE_FILE": "wrong"])
        #expect(officer.status == 77)
    }

    @Test func aDamagedVaultIsNamedAndLeftAsItIs() async throws {
        let team = try await Team()
        let vault = team.file("ada/vault.sqlite")
        let good = try Data(contentsOf: vault)
        for bytes in damaged(good) {
            try bytes.write(to: vault)
            let refused = try await team.run("status", as: "ada")
            // A bit in a page that nothing uses does no harm; then all that is wrong is that there is no call list yet.
            #expect([65, 74, 77, 78].contains(refused.status), "\(refused)")
            #expect(FileManager.default.fileExists(atPath: vault.path))
        }
        try good.write(to: vault)
        #expect(try await team.run("status", as: "ada").status == 78)
    }

    @Test func anImpostorOfTheRelayIsRecognised() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
        let made = try await ChildProcess.run(
            Program.binaries.appendingPathComponent("tocsin-relay"),
            ["init", "--data", "impostor", "--address", "https://127.0.0.1:\(team.port)", "--out", "impostor.json"],
            environment: [:], directory: team.directory)
        #expect(made.status == 0)
        let impostor = try await team.startRelay(data: "impostor")
        let refused = try await team.run("inbox", as: "ada")
        #expect(refused.status == 76, "\(refused)")
        #expect(refused.errors.contains("not the relay that the call list pins"))
        let queued = try await team.run("alert", as: "sensor", input: "Nobody must read this\n")
        #expect(queued.status == 75)
        impostor.signal(SIGTERM)
        #expect(await impostor.status() == 0)
    }

    @Test func alertsThatCannotBeReadAreRefusedLoudly() async throws {
        let team = try await Team()
        for (format, input) in [
            ("alertmanager", #"{"version": "4", "groupKey": "#), ("json", "[]"), ("text", ""), ("text", "\n\n"),
            ("alertmanager", #"{"version": "3", "groupKey": "", "status": "firing", "alerts": []}"#),
        ] {
            let refused = try await team.run("alert", "--format", format, as: "sensor", input: input)
            #expect(refused.status == 65, "\(format) \(input): \(refused)")
        }
        let large = try await team.run("alert", as: "sensor", input: String(repeating: "x", count: 1 << 21))
        #expect(large.status == 65)
    }
}
