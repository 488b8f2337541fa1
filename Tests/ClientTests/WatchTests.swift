import Foundation
import Incident
import SQLite
import Synchronization
import Terms
import TestTeam
import Testing

@testable import Client

/// What a person sees of the stream, and when.
@Suite(.timeLimit(.minutes(2))) struct WatchTests {
    @Test("People hear of what came before anything else is done: the key packages wait until it was told")
    func tellsFirst() async throws {
        try await World.with { world in
            let wire = Wire()
            let (told, tell) = AsyncStream.makeStream(of: Void.self)
            wire.onRequest { request in
                // Never answered where it comes before the telling.
                if request == "GET /v1/keypackages" { for await _ in told { break } }
            }
            let (siem, bo) = (try world.client("siem"), try world.reopen("bo", tap: wire.tap))
            _ = try await siem.alert(.test())
            var hasTold = false
            for await event in bo.watch() {
                guard case .fact(let room, _) = event else { continue }
                #expect(room.title == "Disk on fire")
                #expect(!wire.requests.contains("PUT /v1/keypackages"))
                hasTold = true
                tell.finish()
                break
            }
            #expect(hasTold)
        }
    }

    @Test("A page is told before what a new call list changes, which came first [R17]")
    func tellsPagesBeforeLists() async throws {
        try await World.with { world in
            let (siem, bo) = (try world.client("siem"), try world.client("bo"))
            try await world.publish(try world.list(members: World.persons), to: [siem])
            _ = try await siem.alert(.test())
            var told: [String] = []
            for await event in bo.watch() {
                if case .fact(let room, _) = event { told.append(room.title) }
                if case .callList(let news) = event {
                    told.append("list \(news.version)")
                    break
                }
            }
            #expect(told.first == "Disk on fire" && told.last == "list 3")
        }
    }

    @Test("One damaged read does not end it, and a damage that stays does")
    func damage() async throws {
        try await World.with { world in
            let wire = Wire()
            let left = Mutex(2)
            wire.onRequest { request in
                guard request == "GET /v1/stream", left.withLock({ $0 > 0 }) else { return }
                left.withLock { $0 -= 1 }
                throw Vault.damaged
            }
            let bo = try world.reopen("bo", tap: wire.tap)
            var seen: [String] = []
            for await event in bo.watch() {
                switch event {
                case .disconnected: seen.append("disconnected")
                case .connected: seen.append("connected")
                default: seen.append("\(event)")
                }
                if seen.last == "connected" { break }
            }
            #expect(seen == ["disconnected", "disconnected", "connected"])

            left.withLock { $0 = .max }
            var last: WatchEvent?
            for await event in bo.watch() { last = event }
            guard case .failed(let error)? = last else {
                Issue.record("it goes on for ever, or ended otherwise: \(String(describing: last))")
                return
            }
            #expect(error.code == .vaultDamaged)
        }
    }

    @Test("What cannot be told now is told later: the position moves only with what was told")
    func position() async throws {
        try await World.with { world in
            let (siem, bo) = (try world.client("siem"), try world.client("bo"))
            let room = try required(try await siem.alert(.test()).posted).room
            try await bo.sync()
            // The head cannot be read at first.
            let sealed = try bo.vault.read { db in
                try required(try db.connection.row("SELECT sealed_summary FROM rooms WHERE room = ?", [room]))
                    .data("sealed_summary")
            }
            try bo.vault.write { try $0.connection.run("UPDATE rooms SET sealed_summary = x'00'") }
            var told: [String] = []
            for await event in bo.watch(all: true) {
                switch event {
                case .disconnected:
                    told.append("disconnected")
                    try bo.vault.write { db in
                        try db.connection.run("UPDATE rooms SET sealed_summary = ? WHERE room = ?", [sealed, room])
                    }
                case .fact(let room, _): told.append(room.title)
                default: break
                }
                if told.count == 2 { break }
            }
            #expect(told == ["disconnected", "Disk on fire"])
        }
    }
}
