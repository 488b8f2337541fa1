import Foundation
import TestTeam
import Testing

/// Officers among themselves, with the real programs [R17]: what one of them can do alone, and each walk-through of
/// keys/README.md about officers who are lost, robbed or retired.
@Suite struct OfficerTests {
    /// The attack on first light: the compiling officer puts own keys behind the manager's device, gives himself a role, and
    /// changes the relay and the policy. The second officer sees every one of these, or cannot sign.
    @Test func theCompilingOfficerCannotHideWhatHeChanges() async throws {
        let team = try await Team()
        // Own keys under the manager's device id.
        var forged = try Self.envelope(Data(contentsOf: team.file("mara.request")))
        let mallory = try Self.envelope(Data(contentsOf: team.file("sensor.request")))
        forged.document["mlsKey"] = mallory.document["mlsKey"]
        forged.document["sessionKey"] = mallory.document["sessionKey"]
        forged.document["sealing"] = mallory.document["sealing"]
        try Self.write(forged, to: team.file("forged.request"))
        let fingerprint = try await team.run(["enroll", "fingerprint", "forged.request"])
        #expect(fingerprint.status == 65, "\(fingerprint)")

        // A device of his own in the manager's place, and the rest.
        let own = try await team.must(
            ["enroll", "request"] + team.pin + [
                "--name", "Mara Duarte", "--out", "own.request", "--profile", "own", "--json",
            ]
        ).string("fingerprint")
        let relay = try await ChildProcess.run(
            Program.binaries.appendingPathComponent("tocsin-relay"),
            ["init", "--data", "relay-2", "--address", "https://127.0.0.1:9", "--out", "relay-2.json"],
            environment: [:],
            directory: team.directory)
        #expect(relay.status == 0, "\(relay)")
        let source = team.source(devices: Set(team.fingerprints.keys), delay: 10_800)
            .replacing("mara.request", with: "own.request")
            .replacing(team.fingerprints["mara"] ?? "-", with: own)
            .replacing("roles: [responder], clearance", with: "roles: [responder, lead], clearance")
            .replacing("relay.json", with: "relay-2.json")
        try source.write(to: team.file("evil.yaml"), atomically: true, encoding: .utf8)
        let previous = ["--previous", "calllist-1.json"]
        try await team.must(
            ["calllist", "compile", "--source", "evil.yaml", "--out", "evil.json"] + previous + team.pin)
        let sign = ["calllist", "sign", "evil.json", "--officer", "officer-2.key", "--yes"] + previous + team.pin
        let before = try Data(contentsOf: team.file("evil.json"))

        let asked = try await team.run(sign)
        #expect(asked.status == 77, "\(asked)")
        for words in [
            "~ “Ada Okafor” (ada): roles responder → responder, lead", "+ device ", " of “Mara Duarte” (mara): owner",
            "- device ",
            "~ relay “relay-1”: addresses https://127.0.0.1:\(team.port) → https://127.0.0.1:9; identity key ",
            "~ policy “on-call”: step 2 after 1 h “Mara Duarte” (mara), one must acknowledge → after 3 h",
        ] { #expect(asked.errors.contains(words), "\(words) is not in \(asked.errors)") }
        // What the manager herself says does not confirm it.
        let heard = try await team.run(sign + ["--confirm", team.fingerprints["mara"] ?? ""])
        #expect(
            heard.status == 65 && heard.errors.contains("no new device of this list has the fingerprint"), "\(heard)")
        #expect(try Data(contentsOf: team.file("evil.json")) == before)
    }

    /// A list that is not sealed to an officer is not signed by them.
    @Test func nobodySignsBlind() async throws {
        let team = try await Team()
        let source = team.source(devices: ["ada", "bo", "mara"]).replacing("officer-2.json, ", with: "")
        try source.write(to: team.file("blind.yaml"), atomically: true, encoding: .utf8)
        let previous = ["--previous", "calllist-1.json"]
        try await team.must(
            ["calllist", "compile", "--source", "blind.yaml", "--out", "blind.json"] + previous + team.pin)
        let refused = try await team.run(
            ["calllist", "sign", "blind.json", "--officer", "officer-2.key", "--yes"] + previous + team.pin)
        #expect(refused.status == 65 && refused.errors.contains("would sign blind"), "\(refused)")
        let seen = try await team.must(
            ["calllist", "sign", "blind.json", "--officer", "officer-1.key", "--yes"] + previous + team.pin)
        #expect(seen.errors.contains("none, so cannot check the next list"))
    }

    /// The check of the keys folder finds each private file that the programs write, and no public one.
    @Test func privateFilesAreFoundAmongPublicOnes() async throws {
        let team = try await Team()
        try team.rootDigest.write(to: team.file("root.digest"), atomically: true, encoding: .utf8)
        let found = try await team.run(["keys", "check", ".", "--json"])
        let names = try #require(try found.json()["private"] as? [String]).map { ($0 as NSString).lastPathComponent }
        let expected = [
            "officer-1.key", "officer-2.key", "officer-3.key", "sensor.key", "identity.seed", "tls.key.pem",
            "vault.sqlite",
        ]
        #expect(Set(names).subtracting(["vault.sqlite-wal", "vault.sqlite-shm"]) == Set(expected), "\(names)")
    }

    // MARK: Walk-throughs of keys/README.md

    /// Mara's device is taken out of the source: the relay cuts it off, and what is said goes to the others alone.
    @Test func aDeviceIsRevoked() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let room = try await team.must("open", "--title", "x", "--with", "bo", "--with", "mara", "--json", as: "ada")
            .string("room")
        try await team.must("send", room, "for all", as: "ada")
        #expect(try await team.must("read", room, as: "mara").output.contains("for all"))
        try await team.publishSource(version: 2, devices: ["ada", "bo"])
        try await team.must("calllist", "publish", "calllist-2.json", as: "bo")
        let refused = try await team.run("inbox", as: "mara")
        #expect(refused.status == 77, "\(refused)")
        try await team.must("send", room, "not for mara", as: "ada")
        #expect(try await team.must("read", room, "--new", as: "bo").output.contains("not for mara"))
        #expect(try await !team.run("read", room, as: "mara").output.contains("not for mara"))
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    /// Officer 1's key is lost: 2 and 3 sign the new root as the old ones, 3 and 4 as the new ones.
    @Test func anOfficerWhoseKeyIsLostIsReplaced() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        try await Self.replaceFirstOfficer(of: team)
        try await team.must("calllist", "publish", "calllist-2.json", as: "bo")
        // The relay goes on by itself; so does a device that fetches from it.
        try await team.must("status", as: "ada")
        #expect(try await team.must("status", "--json", as: "ada").json()["call_list"] as? Int == 2)
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
        // And again after a restart with the root of the beginning.
        let again = try await team.startRelay()
        #expect(try await team.must("status", "--json", as: "mara").json()["call_list"] as? Int == 2)
        again.signal(SIGTERM)
        #expect(await again.status() == 0)
    }

    /// Whoever comes after a rotation pins the root of that day, and whoever was there before the first one: both take the same list.
    @Test func aDeviceEnrolledAfterTheRotationPinsTheNewRoot() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        try await Self.replaceFirstOfficer(of: team)
        try await team.must("calllist", "publish", "calllist-2.json", as: "bo")
        let digest = try await team.must(["root", "show", "root-2.json", "--json"]).string("digest")
        // As somebody reads it from paper.
        let pin = ["--root", "root-2.json", "--root-digest", digest.uppercased()]
        let heard = try await team.must(
            ["enroll", "request"] + pin + ["--name", "Eve", "--out", "eve.request", "--profile", "eve", "--json"]
        ).string("fingerprint")
        let source = try String(contentsOf: team.file("rotated.yaml"), encoding: .utf8).replacing(
            "sensors:",
            with: """
                  - {id: eve, name: Eve, roles: [analyst], clearance: RED, devices: [{request: eve.request, fingerprint: "\(heard)"}]}
                sensors:
                """)
        try source.write(to: team.file("third.yaml"), atomically: true, encoding: .utf8)
        let previous = ["--previous", "calllist-2.json"]
        try await team.must(["calllist", "compile", "--source", "third.yaml", "--out", "third.json"] + previous + pin)
        for officer in ["officer-2.key", "officer-4.key"] {
            try await team.must(
                ["calllist", "sign", "third.json", "--officer", officer, "--yes", "--confirm", heard] + previous + pin)
        }
        let told = try await team.must("calllist", "publish", "third.json", as: "bo").output
        #expect(told.contains("+ “Eve” (eve): name “Eve”; roles analyst; up to TLP:RED\n"), "\(told)")
        try await team.must("enroll", "complete", "--calllist", "third.json", as: "eve")
        for profile in ["eve", "ada"] {
            #expect(try await team.must("status", "--json", as: profile).json()["call_list"] as? Int == 3)
        }
        // A list of the root before is nothing to the new device.
        let old = try await team.run("calllist", "import", "calllist-1.json", as: "eve")
        #expect(old.status == 65, "\(old)")
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    /// Officer 1's key was stolen: after the rotation it signs nothing any more, nor do two of the old ones.
    @Test func aStolenKeySignsNothingAfterTheRotation() async throws {
        let team = try await Team()
        try await team.publishSource(version: 2, devices: Set(team.fingerprints.keys))
        try FileManager.default.moveItem(at: team.file("calllist-2.json"), to: team.file("old.json"))
        try await Self.replaceFirstOfficer(of: team)
        try await team.must("calllist", "import", "calllist-1.json", as: "bo")
        try await team.must("calllist", "import", "calllist-2.json", as: "bo")
        // Signed by two officers of the old root beside the list of the new one.
        let fork = try await team.run("calllist", "import", "old.json", as: "bo")
        #expect(fork.status == 65 && fork.errors.contains("somebody signed both"), "\(fork)")
        // Under the new root, the old key is nobody's.
        try await team.must(
            ["calllist", "compile", "--source", "rotated.yaml", "--out", "third.json", "--previous", "calllist-2.json"]
                + team.pin)
        let refused = try await team.run(
            [
                "calllist", "sign", "third.json", "--officer", "officer-1.key", "--yes", "--previous",
                "calllist-2.json",
            ] + team.pin)
        #expect(refused.status == 65, "\(refused)")
    }

    /// Officer 1 retires: signs the new root with the others, and nothing after it.
    @Test func anOfficerRetires() async throws {
        let team = try await Team()
        try await Self.rotate(team, signedBy: [1, 2, 4])
        let words = try await team.must(["root", "show", "root-2.json", "--previous", "root.json"]).output
        #expect(words.contains("signed by 2 of them\n") && words.contains("and by 2 of the root before\n"), "\(words)")
    }

    /// Root 2 signed by the new officers alone, or made from another: refused by the compiler, and by who shows it.
    @Test func aRootWithoutTheOldOfficersIsRefused() async throws {
        let team = try await Team()
        try await Self.rotate(team, signedBy: [3, 4])
        let shown = try await team.must(["root", "show", "root-2.json", "--previous", "root.json"]).output
        #expect(shown.contains("and by 1 of the root before, of whom 2 must sign"), "\(shown)")
        try Self.rotatedSource(team)
        let refused = try await team.run(
            [
                "calllist", "compile", "--source", "rotated.yaml", "--out", "two.json", "--previous", "calllist-1.json",
                "--new-root", "root-2.json",
            ] + team.pin)
        #expect(
            refused.status == 65 && refused.errors.contains("the root before is not signed by enough"), "\(refused)")
    }

    // MARK: Steps of the ceremony

    /// Draft of officers 2, 3 and 4, of whom 4 is new, and who signs it.
    private static func rotate(_ team: Team, signedBy signers: [Int]) async throws {
        let heard = try await team.must(
            ["officer", "create", "--out", "officer-4.key", "--public-out", "officer-4.json", "--json"]
        ).string("fingerprint")
        try await team.must([
            "root", "rotate", "--previous", "root.json", "--threshold", "2", "--out", "root-2.json", "--officer",
            "officer-2.json", "--officer", "officer-3.json", "--officer", "officer-4.json",
        ])
        for number in signers {
            // Everybody but officer 4 has heard it.
            let confirmed = number == 4 ? [] : ["--confirm", heard]
            let seen = try await team.must(
                [
                    "root", "sign", "root-2.json", "--previous", "root.json", "--officer", "officer-\(number).key",
                    "--yes",
                ] + confirmed)
            for words in [
                "ROOT 2, after 1, digest ", "2 of 3 officers must sign a call list, as before\n",
                "OFFICERS 1 added, 1 removed, 2 unchanged\n", "= officer \(team.officers[1])",
                "= officer \(team.officers[2])", "+ officer ", "- officer \(team.officers[0])",
            ] { #expect(seen.errors.contains(words), "\(words) is not in \(seen.errors)") }
            #expect(seen.errors.contains(heard) == (number == 4))
        }
    }

    private static func rotatedSource(_ team: Team) throws {
        let source = team.source(devices: Set(team.fingerprints.keys)).replacing(
            "officer-1.json", with: "officer-4.json")
        try source.write(to: team.file("rotated.yaml"), atomically: true, encoding: .utf8)
    }

    /// As keys/README.md has it: the new root, the keys of the list in force for the new officer, and the first list under it.
    private static func replaceFirstOfficer(of team: Team) async throws {
        try await rotate(team, signedBy: [2, 3, 4])
        try rotatedSource(team)
        try await team.must(
            [
                "calllist", "compile", "--source", "rotated.yaml", "--out", "calllist-2.json", "--previous",
                "calllist-1.json", "--new-root", "root-2.json",
            ] + team.pin)
        try await team.must(
            [
                "calllist", "pass-keys", "calllist-1.json", "--officer", "officer-2.key", "--to", "officer-4.json",
                "--out", "calllist-1.keys",
            ] + team.pin)
        let sign = ["calllist", "sign", "calllist-2.json", "--yes", "--previous", "calllist-1.json"] + team.pin
        let seen = try await team.must(sign + ["--officer", "officer-2.key"])
        #expect(seen.errors.contains("~ root: version 1 → 2; digest "), "\(seen)")
        let unseen = try await team.run(sign + ["--officer", "officer-4.key"])
        #expect(unseen.status == 65 && unseen.errors.contains("tocsin calllist pass-keys"), "\(unseen)")
        try await team.must(sign + ["--officer", "officer-4.key", "--passed-keys", "calllist-1.keys"])
    }

    // MARK: Forging

    private struct Envelope {
        var outer: [String: Any]
        var document: [String: Any]
    }

    private static func envelope(_ data: Data) throws -> Envelope {
        guard let outer = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let text = outer["payload"] as? String, let payload = Data(base64Encoded: text),
            let document = try JSONSerialization.jsonObject(with: payload) as? [String: Any]
        else { throw HarnessError("no envelope") }
        return Envelope(outer: outer, document: document)
    }

    private static func write(_ envelope: Envelope, to url: URL) throws {
        var outer = envelope.outer
        outer["payload"] = try JSONSerialization.data(withJSONObject: envelope.document).base64EncodedString()
        try JSONSerialization.data(withJSONObject: outer).write(to: url)
    }
}
