import Foundation
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing

@testable import Relay

/// Posts that share a transaction share what they know of rooms, in memory: it must be what the database would say.
@Suite(.timeLimit(.minutes(2))) struct PostBatchTests {
    private static let limit = 60_000

    private func relay() async throws -> StoreFixture {
        var limits = RelayLimits()
        limits.roomBytesPerDevice = Self.limit
        return try await StoreFixture(.sqlite, limits: limits)
    }

    private func database(of relay: StoreFixture) throws -> Database {
        var options = Database.Options()
        options.access = .readOnly
        return try Database(path: relay.directory.file("relay.sqlite").path, options: options)
    }

    private struct Sent: Sendable {
        let room: Int
        let author: Int
        let post: EntryPost
        var accepted: Accepted?
    }

    /// Messages in two rooms by three members and one that is none, retries, commits, what is too large, what is said in no epoch
    /// that is there.
    private func posts(seed: UInt64) -> [Sent] {
        var random = SplitMix64(seed: seed)
        var posts: [Sent] = []
        for number in 0..<300 {
            let (room, author) = (Int.random(in: 0..<2, using: &random), Int.random(in: 0..<4, using: &random))
            let text = String(repeating: "x", count: Int.random(in: 0..<2_000, using: &random))
            switch Int.random(in: 0..<20, using: &random) {
            case 0: posts.append(Sent(room: room, author: author, post: Posts.commit(1, body: "\(number)")))
            case 1: posts.append(Sent(room: room, author: author, post: Posts.message(1, text, parent: 2)))
            case 2...4:
                if let earlier = posts.randomElement(using: &random) { posts.append(earlier) }
            default: posts.append(Sent(room: room, author: author, post: Posts.message(1, text)))
            }
        }
        return posts
    }

    private func send(_ sent: [Sent], to rooms: [RoomID], of relay: StoreFixture) async -> [Sent] {
        await withTaskGroup(of: Sent.self) { group in
            for var one in sent {
                group.addTask {
                    one.accepted = try? await relay.post(one.post, to: rooms[one.room], by: relay.person(one.author))
                    return one
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("logs, receipts and counts agree, however many posts shared a transaction", arguments: [1, 2, 3] as [UInt64])
    func agree(seed: UInt64) async throws {
        let relay = try await relay()
        let rooms = [try await relay.incident([0, 1, 2]), try await relay.incident([0, 1, 2])]
        let sent = await send(posts(seed: seed), to: rooms, of: relay)
        #expect(sent.allSatisfy { $0.author < 3 || $0.accepted == nil })
        for (index, room) in rooms.enumerated() {
            let log = try await relay.entries(room, for: relay.person(0))
            var chain = LogChain.start(room: room)
            for (seq, entry) in zip(UInt64(1)..., log) {
                #expect(entry.seq == seq)
                chain = LogChain.next(
                    chain, seq: seq, time: entry.time, poster: entry.poster, entryClass: entry.entryClass,
                    payload: entry.payload)
                #expect(entry.chain == chain)
            }
            let taken = Dictionary(
                grouping: sent.filter { $0.room == index && $0.accepted != nil }, by: { Key($0.author, $0.post.event) })
            #expect(taken.count == log.count - 1)
            for answers in taken.values {
                // A retry has the first answer.
                #expect(Set(answers.map(\.accepted)).count == 1)
                let accepted = try #require(answers[0].accepted)
                #expect(log[Int(accepted.seq) - 1].payload == answers[0].post.pinned(to: relay.list).payload)
                #expect(log[Int(accepted.seq) - 1].chain == accepted.chain)
            }
        }
        try await checkRows(of: relay, rooms)
    }

    private struct Key: Hashable {
        let author: Int
        let event: EventID
        init(_ author: Int, _ event: EventID) { (self.author, self.event) = (author, event) }
    }

    /// What the tables say, beside what the entries add up to.
    private func checkRows(of relay: StoreFixture, _ rooms: [RoomID]) async throws {
        let database = try database(of: relay)
        for room in rooms {
            let (head, chain, last) = try #require(
                try await database.read { db in
                    try db.row(
                        """
                        SELECT head, rooms.chain = entries.chain, (SELECT max(seq) FROM entries WHERE room = rooms.id)
                        FROM rooms JOIN entries ON entries.room = rooms.id AND entries.seq = head WHERE rooms.room = ?
                        """, [room]
                    ).map { (try $0.integer(0), try $0.flag(1), try $0.integer(2)) }
                })
            #expect(head == last)
            #expect(chain)
        }
        let counted = try await database.read { db in
            try db.rows(
                """
                SELECT bytes, (SELECT coalesce(sum(length(payload) + 512), 0) FROM entries
                    WHERE room = room_bytes.room AND poster = room_bytes.device AND seq > 1) FROM room_bytes
                WHERE device != (SELECT creator FROM rooms WHERE id = room_bytes.room)
                """
            ).map { (try $0.integer(0), try $0.integer(1)) }
        }
        #expect(!counted.isEmpty)
        for (bytes, sum) in counted { #expect(bytes == sum && bytes <= Self.limit) }
        let all = try await database.read { db in
            try db.number(
                """
                SELECT count(*) FROM device_bytes WHERE bytes !=
                    (SELECT sum(bytes) FROM room_bytes WHERE room_bytes.device = device_bytes.device)
                """)
        }
        #expect(all == 0)
    }
}
