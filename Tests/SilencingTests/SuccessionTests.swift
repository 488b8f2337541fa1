import CallList
import Foundation
import Incident
import Platform
import Terms
import TestTeam
import Testing

@testable import Client

/// A relay that was restored from a copy has lost its rooms: a lead opens another in the place of each, and the others follow.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SuccessionTests {
    init() { DescriptorLimit.raise() }

    /// The relay is set up again from a copy that was made before `body`.
    private func restored(_ siege: Siege, after body: () async throws -> Void = {}) async throws {
        #expect(try await siege.relayCommand("backup", "--data", "relay", "--out", "copy").status == 0)
        try await body()
        siege.relay.kill()
        try FileManager.default.moveItem(at: siege.directory.file("relay"), to: siege.directory.file("relay.old"))
        let restored = try await siege.relayCommand(
            "restore", "--from", "copy", "--data", "relay", "--root", "root.json", "--root-digest",
            siege.officers.root.digest, "--calllist", "list.json")
        #expect(restored.status == 0, "\(restored.errors)")
        try await siege.startAgain()
        for name in ["ada", "ben", "mira"] { try await siege.client(name).sync() }
    }

    private func current(_ room: RoomID, _ siege: Siege) throws -> [RoomID] {
        try ["ada", "ben", "mira"].map { try siege.client($0).current(room) }
    }

    @Test("[R8] [R22] The lead reopens a room that the relay lost, and all talk on in it")
    func reopened() async throws {
        try await Siege.withCrew { siege in
            let (ada, ben, mira) = (try siege.client("ada"), try siege.client("ben"), try siege.client("mira"))
            let room = try await siege.openRoom(with: ["ben", "mira"])
            try await restored(siege) {
                let said = try await ada.send("said before", tlp: nil, to: room)
                #expect(said.isAccepted)
            }
            let told = try #require(try ada.alarms().first)
            #expect(told.subject.cause == .relayWentBack && told.detail.contains("tocsin room reopen \(room.short)"))
            let early = try await siege.tocsin("send", "\(room)", "anybody?", as: "ben")
            #expect(early.status != 0 && early.errors.contains("tocsin room reopen"), "\(early.errors)")

            let reopened = try await siege.tocsin("room", "reopen", "\(room)", as: "ada")
            #expect(reopened.status == 0 && reopened.output.contains("accepted by the relay"), "\(reopened.errors)")
            let again = try await siege.tocsin("room", "reopen", "\(room)", as: "ada")
            #expect(again.status == 0 && again.output.contains("goes on as"), "\(again.output)")
            for client in [ada, ben, mira] { try await client.sync() }
            let next = try ada.current(room)
            #expect(try next != room && Set(current(room, siege)) == [next])
            // Who goes on in the old one is heard in the new.
            let sent = try await siege.tocsin("send", "\(room)", "here", as: "ben")
            #expect(sent.status == 0 && sent.errors.contains("goes on as \(next.short)"), "\(sent.errors)")
            #expect(try await mira.send("here, too", tlp: nil, to: room).isAccepted)
            for client in [ada, ben, mira] {
                try await client.sync()
                #expect(try client.notes(next) == ["here", "here, too"])
                #expect(try client.detail(next).members.count == 3)
                #expect(try client.detail(next).members.filter(\.isLead).map(\.name) == ["Ada Ohm"])
            }
            #expect(try ada.notes(room) == ["said before"])
        }
    }

    @Test("[R8] Two reopen at once: all follow the lead's, whoever was first")
    func twice() async throws {
        try await Siege.withCrew { siege in
            let (ada, ben) = (try siege.client("ada"), try siege.client("ben"))
            let room = try await siege.openRoom(with: ["ben", "mira"])
            try await restored(siege)
            let other = try await ben.reopenRoom(room)
            #expect(other.delivery.isAccepted && ben.device != ada.device)
            async let first = ada.reopenRoom(room)
            async let second = ben.send("I have opened it", tlp: nil, to: room)
            let (mine, said) = try await (first, second)
            #expect(said.isAccepted)
            for name in ["ada", "ben", "mira", "ada", "ben"] { try await siege.client(name).sync() }
            // Ada may have followed ben's before she made one: then there is one only.
            let next = try ada.current(room)
            #expect(try next == mine.room && Set(current(room, siege)) == [next])
            #expect(try await ben.send("with you", tlp: nil, to: other.room).isAccepted)
            try await siege.client("mira").sync()
            #expect(try siege.client("mira").notes(next).last == "with you")
        }
    }

    @Test("[R8] Who was removed draws nobody into a room in the place of the old one")
    func removed() async throws {
        try await Siege.withCrew { siege in
            let (ada, ben, mira) = (try siege.client("ada"), try siege.client("ben"), try siege.client("mira"))
            let room = try await siege.openRoom(with: ["ben", "mira"])
            // Mira has not read it.
            #expect(try await ada.removeMembers([try #require(MemberID("mira"))], from: room).isAccepted)
            #expect(try await ben.send("she is out", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            try await restored(siege)
            let lure = try await mira.reopenRoom(room)
            for client in [ada, ben] {
                try await client.sync()
                #expect(try client.current(room) == room)
                #expect(try !client.rooms().map(\.id).contains(lure.room))
                #expect(try client.alarms().map(\.subject.cause).contains(.welcomeRefused))
            }
            let next = try await ada.reopenRoom(room).room
            try await ben.sync()
            #expect(try ben.current(room) == next)
            #expect(try await ben.send("among us", tlp: nil, to: room).isAccepted)
            try await mira.sync()
            #expect(try !mira.rooms().map(\.id).contains(next) && ada.detail(next).members.count == 2)
        }
    }
}
