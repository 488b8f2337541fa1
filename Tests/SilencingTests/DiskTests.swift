import Foundation
import NIOHTTP1
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// One fault: a disk that is full, or that can be read only. It is said, what is known can still be read, and with room again
/// all goes on by itself.
@Suite(.serialized) struct DiskTests {
    @Test("a member's: what is known is read, sending says why it cannot, and nothing is lost or half-written")
    func members() async throws {
        try await Siege.withCrew { siege in
            let (ada, ben) = (try siege.client("ada"), try siege.client("ben"))
            let room = try await siege.openRoom(with: ["ben"])
            _ = try await ada.send("known", tlp: nil, to: room)
            try await ben.sync()
            await ben.shutdown()
            try ben.vault.database.close()
            for (fault, reason) in [(Siege.DiskFault.full, "the disk is full"), (.readOnly, "for writing")] {
                let text = "said while it was \(fault)"
                _ = try await ada.send(text, tlp: nil, to: room)
                try siege.setDisk(fault)
                let inbox = try await siege.tocsin("inbox", as: "ben")
                #expect(inbox.status == 74 && inbox.output.contains("Who did it") && inbox.errors.contains(reason))
                let read = try await siege.tocsin("read", "\(room)", as: "ben")
                #expect(read.status == 74 && read.output.contains("known") && !read.output.contains(text))
                #expect(read.errors.contains("showing what is known here"))
                let sent = try await siege.tocsin("send", "\(room)", "not said, \(fault)", as: "ben")
                #expect(sent.status == 74 && sent.errors.contains(reason) && sent.errors.contains("hint"))
                try siege.setDisk(.none)
                let after = try await siege.tocsin("read", "\(room)", as: "ben")
                #expect(after.status == 0 && after.output.contains(text))
                #expect(try await siege.tocsin("send", "\(room)", "with room, \(fault)", as: "ben").status == 0)
            }
            try await ada.sync()
            #expect(try ada.notes(room).filter { $0.hasPrefix("with room") }.count == 2)
            #expect(try !ada.notes(room).contains { $0.hasPrefix("not said") } && ada.alarms().isEmpty)
        }
    }

    @Test("the relay's: it refuses with a reason, hands out what it has, and goes on once there is room")
    func relays() async throws {
        let siege = try await Siege(disk: true)
        let (mira, ada) = (try siege.device("mira"), try siege.device("ada"))
        let room = RoomID.random()
        try await siege.with { visit in
            var token = try await visit.token(mira)
            let creation = siege.posts.incident(room, adding: [ada])
            _ = try await visit.insist(.POST, "/v1/rooms", token: token, body: creation.encoded)
            func post() async throws -> Siege.Answer {
                let post = Posts.message(1, bytes: 600)
                return try await visit.send(.POST, "/v1/rooms/\(room)/entries", token: token, body: post.encoded)
            }
            func count() async throws -> Int {
                let page = try await visit.insist(.GET, "/v1/rooms/\(room)/entries?after=0&limit=100", token: token)
                return try EntryPage(decoding: page.body).entries.count
            }
            for fault in [Siege.DiskFault.full, .readOnly] {
                let before = try await count()
                #expect(try await post().status == 200)
                try siege.setDisk(fault)
                for _ in 0..<5 {
                    let answer = try await post()
                    #expect(answer.status == 507 && answer.problem == .storageFull)
                }
                #expect(try await count() == before + 1)
                try siege.setDisk(.none)
                #expect(try await post().status == 200)
                #expect(try await count() == before + 2)
            }
            siege.relay.kill()
            try siege.setDisk(.readOnly)
            let (status, lines) = try await siege.startInVain()
            #expect(status != 0 && lines.contains { $0.contains("Read-only") }, "\(lines)")
            try siege.setDisk(.none)
            try await siege.startAgain()
            token = try await visit.token(mira)
            #expect(try await count() == 5)
        }
        await siege.expectAlarmWorks()
    }
}
