import Foundation
import Incident
import MLS
import RelayAPI
import SQLite
import Synchronization
import Terms
import TestTeam
import Testing
import tocsin_probe

@testable import Client

/// [R21] Healing: a copy of a profile reads on only until the device that it is of renews its keys.
@Suite(.timeLimit(.minutes(2))) struct HealingTests {
    private func room(_ world: World, with members: [String] = ["bo"]) async throws -> RoomID {
        let room = try await world.client("ada").openIncident(
            title: "A", from: nil, tlp: .red, members: members.map { try member($0) }
        ).room
        for name in members { try await world.client(name).sync() }
        return room
    }

    /// The longest after which a room of so many devices is healed by who just joined.
    private func soon(_ devices: UInt64) -> Double {
        Double(Healing.settling + devices * Healing.secondsPerDevice)
    }

    @Test("[R21] The delay is in proportion to the group, within its bounds, and no clock set wrong holds it up")
    func delays() {
        let now = Timestamp(milliseconds: 1_000_000)
        for devices in [0, 1, 2, 10, 1_000, Int.max] {
            let longest = Healing { $0.upperBound }
            let shortest = Healing { $0.lowerBound }
            let most = min(UInt64(devices).multipliedReportingOverflow(by: 10).partialValue, 21_600)
            #expect(shortest.soon(devices, after: now) == now.adding(seconds: Healing.settling))
            if devices < 1_000_000 {
                #expect(longest.soon(devices, after: now) == now.adding(seconds: Healing.settling + most))
                #expect(longest.nextDay(devices, after: now) == now.adding(seconds: 86_400 + most))
            }
            #expect(longest.nextDay(devices, after: now) <= now.adding(seconds: 86_400 + 21_600))
        }
        let healing = now.adding(seconds: 86_400)
        #expect(!Healing.isDue(healing, at: now) && Healing.isDue(healing, at: healing))
        #expect(Healing.isDue(now.adding(seconds: 10 * 86_400), at: now))
    }

    @Test("[R21] A device heals a room soon after it joined, and then once a day")
    func joinedAndDaily() async throws {
        try await World.with { world in
            let room = try await room(world)
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo"))
            let first = try bo.group(room).epoch.value
            #expect(try await !bo.own.heal())
            world.clock.advance(seconds: Double(Healing.settling))
            #expect(try await !ada.own.heal())
            world.clock.advance(seconds: Double(2 * Healing.secondsPerDevice))
            #expect(try await bo.own.heal())
            #expect(try await !bo.own.heal() && bo.group(room).epoch.value == first + 1)
            try await ada.sync()
            #expect(try ada.group(room).epoch == bo.group(room).epoch && ada.causes.isEmpty)
            // Each its own.
            world.clock.advance(seconds: Double(Healing.interval + 2 * Healing.secondsPerDevice))
            for client in [ada, bo] {
                #expect(try await client.own.heal())
                #expect(try await !client.own.heal())
            }
            #expect(try await bo.send("on we go", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(room) == ["on we go"] && ada.group(room).epoch.value == first + 3)
        }
    }

    @Test("[R21] A copy of a profile reads what is said before the next healing, and nothing after it")
    func copiedProfile() async throws {
        try await World.with { world in
            let room = try await room(world)
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            await bo.shutdown()
            try bo.vault.database.close()
            let stolen = Profile(directory: world.directory.appendingPathComponent("stolen"))
            try FileManager.default.copyItem(at: world.profile("bo").directory, to: stolen.directory)
            let clock = world.clock
            let thief = try Client.open(stolen, unlock: world.unlock("bo"), now: { clock.date })
            let owner = try world.reopen("bo")
            _ = try await ada.send("before", tlp: nil, to: room)
            func read() async throws -> Int {
                let entries = try await ada.link().entries(of: room, after: 0, limit: 100).entries
                let welcomes = try world.read {
                    try $0.rows("SELECT body FROM welcome_bodies").map { try $0.bytes(0) }
                }
                return try Attacker(thief).readable(room: room, welcomes: welcomes, entries: entries)
            }
            let before = try await read()
            #expect(before > 0)
            clock.advance(seconds: soon(2))
            #expect(try await owner.own.heal())
            try await ada.sync()
            for text in ["after", "and more"] { _ = try await ada.send(text, tlp: nil, to: room) }
            _ = try await owner.send("mine", tlp: nil, to: room)
            #expect(try await read() == before)
            try await ada.sync()
            #expect(try ada.notes(room) == ["before", "after", "and more", "mine"])
            try thief.vault.database.close()
        }
    }

    /// What a relay answers that is over its budget, before or after it took what was posted.
    private static let refusal = Problem(code: .rateLimited, title: "no", status: 429)

    @Test(
        "[R7] A relay that refuses a healing and takes it all the same: the room goes on, and it is said whose doing it is"
    )
    func refusedAndTaken() async throws {
        try await World.with { world in
            let room = try await room(world)
            let (ada, wire) = (try world.client("ada"), Wire())
            let bo = try world.reopen("bo", tap: wire.tap)
            world.clock.advance(seconds: soon(2))
            wire.onAnswer { request, answer in
                if request.hasPrefix("POST"), request.hasSuffix("/entries") { throw Self.refusal }
                return answer
            }
            #expect(try await !bo.own.heal())
            #expect(try bo.vault.read { try $0.roomsWithPendingCommit() }.isEmpty)
            wire.onAnswer(nil)
            try await bo.sync()
            try await ada.sync()
            #expect(try ada.group(room).epoch == bo.group(room).epoch && bo.causes == [.refusedAndTaken])
            #expect(try bo.head(of: room)?.quarantined == nil)
            #expect(try await bo.send("on we go", tlp: nil, to: room).isAccepted)
        }
    }

    @Test("[R7] A relay that takes one refused long before: that room alone is given up")
    func refusedLongBefore() async throws {
        try await World.with { world in
            let (room, wire) = (try await room(world), Wire())
            let bo = try world.reopen("bo", tap: wire.tap)
            let posts = Mutex<[[UInt8]]>([])
            wire.onRequest { request in
                guard request.hasPrefix("POST"), request.hasSuffix("/entries") else { return }
                let post = try bo.vault.read { try $0.pendingCommit(of: room) }?.post
                posts.withLock { $0 += post.map { [$0] } ?? [] }
                throw Self.refusal
            }
            for _ in 0..<6 {
                world.clock.advance(seconds: soon(2))
                #expect(try await !bo.own.heal())
            }
            wire.onRequest(nil)
            let second = try await self.room(world)
            let first = try #require(posts.withLock { $0.first })
            _ = try await bo.link().post(encoded: first, to: room)
            try await bo.sync()
            #expect(try bo.causes == [.refusedAndTaken] && bo.head(of: room)?.quarantined != nil)
            #expect(try bo.head(of: second)?.quarantined == nil)
            #expect(try await bo.send("here", tlp: nil, to: second).isAccepted)
        }
    }

    @Test("[R21] Where another commit comes first, the delay is drawn again, and the room goes on")
    func drawnAgain() async throws {
        try await World.with { world in
            let room = try await room(world)
            let (ada, wire) = (try world.client("ada"), Wire())
            let drawn = Mutex<[UInt64]>([])
            let bo = try world.reopen(
                "bo", tap: wire.tap,
                random: { range in
                    drawn.withLock { $0.append(range.upperBound) }
                    return range.upperBound / 2
                })
            world.clock.advance(seconds: soon(2))
            let left = Mutex(1)
            wire.onRequest { request in
                guard request.hasSuffix("/entries") else { return }
                let isFirst = left.withLock { left in
                    left -= 1
                    return left == 0
                }
                if isFirst { _ = try await ada.addMembers([member("mara")], to: room) }
            }
            #expect(try await !bo.own.heal())
            #expect(try bo.vault.read { try $0.roomsWithPendingCommit() }.isEmpty)
            let next = try required(try bo.head(of: room)?.healing)
            #expect(next > world.clock.now && next < world.clock.now.adding(seconds: Healing.interval))
            #expect(drawn.withLock { $0 } == [2 * Healing.secondsPerDevice])
            #expect(try await !bo.own.heal())
            world.clock.advance(seconds: soon(3))
            #expect(try await bo.own.heal())
            try await ada.sync()
            #expect(try ada.group(room).epoch == bo.group(room).epoch && bo.causes.isEmpty)
        }
    }

    @Test("[R21] It is the last of all: not while something waits, and what the relay puts off leaves nothing behind")
    func lowestLane() async throws {
        try await World.with { world in
            let room = try await room(world)
            let wire = Wire()
            let bo = try world.reopen("bo", tap: wire.tap)
            world.clock.advance(seconds: soon(2))
            wire.onRequest { request in
                guard request.hasSuffix("/entries") else { return }
                throw Problem(code: .rateLimited, title: "no", status: 429)
            }
            #expect(try await !bo.own.heal())
            #expect(try bo.vault.read { try $0.roomsWithPendingCommit() }.isEmpty)
            #expect(try await !bo.send("first", tlp: nil, to: room).isAccepted)
            world.clock.advance(seconds: soon(2))
            wire.forget()
            #expect(try await !bo.own.heal())
            #expect(!wire.requests.contains { $0.hasPrefix("POST") && $0.hasSuffix("/entries") })
            wire.onRequest(nil)
            try await bo.sync()
            #expect(try bo.notes(room) == ["first"])
            world.clock.advance(seconds: soon(2))
            #expect(try await bo.own.heal())
        }
    }

    @Test("[R21] One that may have been taken is kept, and is in the log once [R7]")
    func brokenOff() async throws {
        try await World.with { world in
            let room = try await room(world)
            let (ada, wire) = (try world.client("ada"), Wire())
            let bo = try world.reopen("bo", tap: wire.tap)
            let first = try bo.group(room).epoch.value
            world.clock.advance(seconds: soon(2))
            wire.onAnswer { request, answer in
                guard request.hasPrefix("POST"), request.hasSuffix("/entries") else { return answer }
                throw ClientError(.relayUnreachable, "it broke")
            }
            #expect(try await code { _ = try await bo.own.heal() } == .relayUnreachable)
            wire.onAnswer(nil)
            try await bo.sync()
            #expect(try await !bo.own.heal() && bo.group(room).epoch.value == first + 1)
            try await ada.sync()
            #expect(try ada.group(room).epoch == bo.group(room).epoch && ada.causes.isEmpty && bo.causes.isEmpty)
        }
    }

    @Test("[R21] [R5] Pages are not healed but for a key package of last resort, once, and never by a sensor")
    func pages() async throws {
        try await World.with { world in
            let (siem, ada, bo) = (try world.client("siem"), try world.client("ada"), try world.client("bo"))
            let ordinary = try required(try await siem.alert(.test("one")).posted).room
            try await bo.sync()
            try world.tamper("DELETE FROM key_packages WHERE last_resort = 0")
            let page = try required(try await siem.alert(.test("two")).posted).room
            for client in [ada, bo] { try await client.sync() }
            #expect(try bo.head(of: ordinary)?.healing == nil && bo.head(of: page)?.healing != nil)
            world.clock.advance(seconds: soon(4))
            #expect(try await bo.own.heal())
            #expect(try bo.group(page).epoch.value == 2 && bo.head(of: page)?.healing == nil)
            #expect(try await bo.acknowledge(page).isAccepted)
            world.clock.advance(seconds: Double(Healing.interval) + soon(4))
            for client in [bo, siem] { #expect(try await !client.own.heal()) }
            try await ada.sync()
            #expect(try ada.detail(page).page?.status == .acknowledged && ada.group(page).epoch.value == 2)
        }
    }

    @Test("[R21] A watch heals by itself; a command does after what was asked for, one room at a time")
    func byItself() async throws {
        try await World.with { world in
            let rooms = [try await room(world), try await room(world), try await room(world)]
            let wire = Wire()
            let bo = try world.reopen("bo", tap: wire.tap)
            func epochs() throws -> UInt64 { try rooms.map { try bo.group($0).epoch.value }.reduce(0, +) }
            let before = try epochs()
            world.clock.advance(seconds: soon(2))
            // No relay was reached: nobody waits for one.
            await bo.finish()
            #expect(wire.requests.isEmpty)
            try await bo.sync()
            #expect(try epochs() == before)
            await bo.finish()
            #expect(try epochs() == before + 1)
            let (healed, tell) = AsyncStream.makeStream(of: Void.self)
            wire.onAnswer { request, answer in
                if request.hasPrefix("POST"), request.hasSuffix("/entries") { tell.yield() }
                return answer
            }
            let watch = Task { for await _ in bo.watch() {} }
            for await _ in healed { break }
            watch.cancel()
            await watch.value
        }
    }
}
