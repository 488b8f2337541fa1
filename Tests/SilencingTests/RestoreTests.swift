import CallList
import Foundation
import Incident
import Terms
import TestTeam
import Testing

@testable import Client

/// One fault: a relay is set up again from a copy that is seconds old [R22].
@Suite(.serialized) struct RestoreTests {
    @Test(
        "[R22] restored from a copy that was made while it ran: pages that it lost come, all are told, and work goes on"
    )
    func restored() async throws {
        try await Siege.withCrew { siege in
            let (ada, ben) = (try siege.client("ada"), try siege.client("ben"))
            let room = try await siege.openRoom(with: ["ben"])
            let copied = try await siege.relayCommand("backup", "--data", "relay", "--out", "copy")
            #expect(copied.status == 0, "\(copied.errors)")
            #expect(try mode("copy", in: siege) == 0o700 && mode("copy/relay.sqlite", in: siege) == 0o600)
            // What restoring forgets anyway is in no copy.
            let files = try FileManager.default.contentsOfDirectory(atPath: siege.directory.file("copy").path)
            #expect(files.filter { $0.contains("sqlite") } == ["relay.sqlite"])
            let copy = try siege.directory.read("copy/relay.sqlite")
            #expect(Data(copy).range(of: Data(room.bytes)) == nil)
            let twice = try await siege.relayCommand("backup", "--data", "relay", "--out", "copy")
            #expect(twice.status == 78 && twice.errors.contains("hint: name a folder that is not there yet"))
            // What it accepts from now on is in no copy: nor which key packages it handed out.
            let draft = PageDraft(title: "Lost on the way", summary: "or not", severity: .critical)
            let page = try await ben.page(draft, policy: "night")
            #expect(page.delivery.isAccepted)
            #expect(try await ada.send("said after the copy", tlp: nil, to: room).isAccepted)

            siege.relay.kill()
            let (old, new) = (siege.directory.file("relay"), siege.directory.file("relay.old"))
            try FileManager.default.moveItem(at: old, to: new)
            try siege.directory.write("next.json", siege.nextList)
            let root = ["--root", "root.json", "--root-digest", siege.officers.root.digest]
            func restore(_ lists: String...) async throws -> Finished {
                try await siege.relayCommand(
                    ["restore", "--from", "copy", "--data", "relay"] + root + lists.flatMap { ["--calllist", $0] })
            }
            let without = try await restore()
            #expect(without.status == 64 && without.errors.contains("--calllist"))
            let wrong = try await restore("root.json")
            #expect(wrong.status == 78 && !FileManager.default.fileExists(atPath: old.path))
            let restored = try await restore("list.json", "next.json")
            #expect(restored.status == 0 && restored.output.contains("with call list 2"), "\(restored.errors)")
            #expect(try await restore("next.json").status == 78)
            try await siege.startAgain()

            try await ben.sync()
            try await ada.sync()
            let titles = try ada.rooms().map(\.title)
            #expect(titles.contains("Lost on the way"))
            for client in [ada, ben] {
                #expect(try client.alarms().map(\.subject.cause) == [.relayWentBack])
            }
            let again = try #require(try ada.rooms().first { $0.title == "Lost on the way" }).id
            #expect(again != page.room)
            #expect(try await ada.acknowledge(again).isAccepted)
            let next = try await siege.openRoom(with: ["ben"])
            await siege.expectOthersWork(in: next)
        }
    }

    private func mode(_ file: String, in siege: Siege) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: siege.directory.file(file).path)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}
