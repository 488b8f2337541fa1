import Foundation
import TestTeam
import Testing

/// Lists one after another, and the sealing keys that are renewed between them [R17].
extension OfficerTests {
    /// Compiles `NAME.json` after `previous` from the team's own source, changed.
    static func compile(
        _ team: Team, _ name: String, after previous: String, _ change: (String) -> String = { $0 }
    ) async throws {
        let source = change(team.source(devices: Set(team.fingerprints.keys)))
        try source.write(to: team.file("\(name).yaml"), atomically: true, encoding: .utf8)
        try await team.must(
            ["calllist", "compile", "--source", "\(name).yaml", "--out", "\(name).json", "--previous", previous]
                + team.pin)
    }

    static func sign(
        _ team: Team, _ file: String, after previous: String, by officer: Int, _ more: [String] = []
    ) async throws -> Finished {
        try await team.must(
            [
                "calllist", "sign", file, "--previous", previous, "--officer", "officer-\(officer).key", "--yes",
                "--json",
            ] + more + team.pin)
    }

    /// A list is compiled twice, and the source goes on naming old documents: the officer who renewed opens every list all the same.
    @Test func signingTwiceAndStaleDocumentsLockNobodyOut() async throws {
        let team = try await Team()
        try await Self.compile(team, "two-a", after: "calllist-1.json")
        let renewed = try await Self.sign(
            team, "two-a.json", after: "calllist-1.json", by: 2, ["--public-out", "next-a.json"])
        #expect(try renewed.json()["sealing_key_renewed"] as? Bool == true)
        #expect(try renewed.json()["document_is_stale"] as? Bool == false)
        // A mistake was found: once more from the start.
        try await Self.compile(team, "two-b", after: "calllist-1.json")
        let again = try await Self.sign(
            team, "two-b.json", after: "calllist-1.json", by: 2, ["--public-out", "next-b.json"])
        #expect(try again.json()["sealing_key_renewed"] as? Bool == false)
        #expect(again.errors.contains("your sealing key was not renewed"))
        #expect(again.errors.contains("hint: the newest, for the next list, is printed by: tocsin officer public"))
        #expect(try Data(contentsOf: team.file("next-a.json")) == Data(contentsOf: team.file("next-b.json")))
        _ = try await Self.sign(team, "two-b.json", after: "calllist-1.json", by: 3)

        // The source names the document of before, again and again.
        var previous = "two-b.json"
        for round in 3...4 {
            try await Self.compile(team, "list-\(round)", after: previous)
            let stale = try await Self.sign(
                team, "list-\(round).json", after: previous, by: 2, ["--public-out", "next-\(round).json"])
            #expect(try stale.json()["document_is_stale"] as? Bool == true)
            #expect(stale.errors.contains("this list is sealed to an older key of yours"))
            _ = try await Self.sign(team, "list-\(round).json", after: previous, by: 3)
            previous = "list-\(round).json"
        }
        // At last it names the newest; from the list after it on, the key is renewed again.
        try await Self.compile(team, "list-5", after: previous) { $0.replacing("officer-2.json", with: "next-4.json") }
        let current = try await Self.sign(team, "list-5.json", after: previous, by: 2)
        #expect(try current.json()["document_is_stale"] as? Bool == false)
        #expect(try current.json()["sealing_key_renewed"] == nil)
        _ = try await Self.sign(team, "list-5.json", after: previous, by: 3)
        // And never goes back.
        try await Self.compile(team, "back", after: "list-5.json")
        let back = try await team.run(
            ["calllist", "sign", "back.json", "--previous", "list-5.json", "--officer", "officer-3.key", "--yes"]
                + team.pin)
        #expect(back.status == 65 && back.errors.contains("goes back to an older sealing key of officer "), "\(back)")
        #expect(back.errors.contains("hint: the source names an old document"))
    }

    /// Nine renewals, each new document in the source of the next list.
    @Test func renewingNineTimesLocksNobodyOut() async throws {
        let team = try await Team()
        var previous = "calllist-1.json"
        for round in 2...10 {
            let (name, document) = ("list-\(round)", "officer-2-\(round).json")
            let renew = ["officer", "renew", "officer-2.key", "--calllist", previous] + team.pin
            try await team.must(renew + ["--public-out", document])
            // That one is on its way: there is no second before a list names it.
            let again = try await team.run(renew + ["--public-out", "other.json"])
            #expect(again.status == 65 && again.errors.contains("is not sealed to this officer's newest"), "\(again)")
            try await Self.compile(team, name, after: previous) { $0.replacing("officer-2.json", with: document) }
            for officer in 2...3 { _ = try await Self.sign(team, "\(name).json", after: previous, by: officer) }
            previous = "\(name).json"
        }
        let opened = try await team.must(
            ["calllist", "diff", "list-4.json", previous, "--officer", "officer-2.key"] + team.pin)
        #expect(opened.output.contains("CALL LIST 10"), "\(opened)")
    }

    /// Nobody telephones: the device signs its new key, and the words name it.
    @Test func aDevicesSealingKeyIsRenewed() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        // Whichever of the two files of one key is named.
        for file in ["ada-2.sealing", "ada-3.sealing"] {
            try await team.must("device", "renew", "--out", file, as: "ada")
        }
        try await Self.compile(team, "two", after: "calllist-1.json") {
            $0.replacing("{request: ada.request, ", with: "{request: ada.request, sealing: ada-3.sealing, ")
        }
        for officer in 1...2 {
            let seen = try await Self.sign(team, "two.json", after: "calllist-1.json", by: officer)
            #expect(seen.errors.contains("of “Ada Okafor” (ada): until ") && seen.errors.contains("; sealing key "))
        }
        try await team.must("calllist", "publish", "two.json", as: "bo")
        try await team.must("inbox", as: "ada")
        #expect(try await team.must("calllist", "show", as: "ada").output.contains("call list 2, "))
        try await Self.compile(team, "three", after: "two.json") {
            $0.replacing("{request: ada.request, ", with: "{request: ada.request, sealing: ada-2.sealing, ")
        }
        let again = try await Self.sign(team, "three.json", after: "two.json", by: 1)
        #expect(!again.errors.contains("sealing key"), "\(again)")
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    /// Whichever command comes first after a new list tells what it changes, once, beside its data.
    @Test func membersAreToldOnce() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let source = team.source(devices: ["ada", "bo", "mara"]).replacing(
            "roles: [manager], clearance: RED", with: "roles: [manager], clearance: GREEN")
        try source.write(to: team.file("two.yaml"), atomically: true, encoding: .utf8)
        let previous = ["--previous", "calllist-1.json"]
        try await team.must(["calllist", "compile", "--source", "two.yaml", "--out", "two.json"] + previous + team.pin)
        for officer in 1...2 { _ = try await Self.sign(team, "two.json", after: "calllist-1.json", by: officer) }
        let told = "call list 2 is in force\n"
        let change = "~ “Mara Duarte” (mara): up to TLP:RED → TLP:GREEN\n"

        let published = try await team.must("calllist", "publish", "two.json", as: "bo")
        #expect(published.output.contains(change) && !published.errors.contains(told), "\(published)")
        #expect(try await !team.must("inbox", as: "bo").errors.contains(told))
        let inbox = try await team.must("inbox", "--json", as: "ada")
        #expect(inbox.output == "[]\n" && inbox.errors.contains(told) && inbox.errors.contains(change), "\(inbox)")
        for command in ["inbox", "status"] {
            #expect(try await !team.must(command, as: "ada").errors.contains(told))
        }
        let watch = try await team.watch("mara")
        let line = try await watch.line(holding: "\"calllist\"")
        #expect(line.contains("TLP:RED → TLP:GREEN"), "\(line)")
        // What is said after it is told once that is noted.
        try await team.must("open", "--title", "later", "--with", "mara", "--tlp", "GREEN", as: "bo")
        _ = try await watch.line(holding: "later")
        watch.signal(SIGINT)
        _ = await watch.status()
        #expect(try await !team.must("inbox", as: "mara").errors.contains(told))
        // A sensor reads no names.
        #expect(try await !team.must("status", as: "sensor").errors.contains(told))
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }
}
