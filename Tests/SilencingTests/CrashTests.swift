import CallList
import Foundation
import NIOHTTP1
import RelayAPI
import Sodium
import Synchronization
import Terms
import TestTeam
import Testing
import WireFormat

/// One fault: the relay is killed at any moment, in the middle of what it writes for many at once. What it has answered with
/// 2xx is there afterwards, and what is due is done (DESIGN §5).
@Suite(.serialized) struct CrashTests {
    private static let limits = """
        {"sensorRoomsPerHour": 1000000, "sensorRoomBurst": 1000000, "openRoomsPerSensor": 100000,
         "requestsPerSecond": 100000, "requestBurst": 100000, "openRequestsPerSecond": 100000, "openRequestBurst": 100000}
        """

    /// `make soak` asks for more.
    private static let kills =
        ProcessInfo.processInfo.environment["TOCSIN_SOAK"] == nil ? 50 : 500

    @Test("killed at random under load: each accepted entry is there once, in order, and every due step is released")
    func killed() async throws {
        let siege = try await Siege(limits: Self.limits)
        let (mira, ada, siem) = (try siege.device("mira"), try siege.device("ada"), try siege.device("siem"))
        let room = RoomID.random()
        try await siege.with { visit in
            let creation = siege.posts.incident(room, adding: [ada])
            _ = try await visit.insist(
                .POST, "/v1/rooms", token: try await visit.token(mira), body: creation.encoded)
        }
        let notes = Notes()
        var pages: [RoomID] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { try await write(to: room, as: writer.isMultiple(of: 2) ? mira : ada, siege, notes) }
            }
            var noise = SplitMix64(seed: 20)
            for _ in 0..<Self.kills {
                let page = RoomID.random()
                try await siege.with { visit in
                    let creation = siege.posts.page(page, by: siem, calling: ada, then: mira, after: 1)
                    _ = try await visit.insist(
                        .POST, "/v1/rooms", token: try await visit.token(siem), body: creation.encoded)
                }
                pages.append(page)
                await notes.wait(for: Int(noise.next() % 120) + 1)
                siege.relay.kill()
                try await siege.startAgain()
            }
            notes.stop()
            try await group.waitForAll()
        }
        try await expectAll(of: notes.receipts, in: room, for: mira, siege)
        try await expectReleased(pages, to: mira, siege)
    }

    /// Posts one message after the other, each until it is answered.
    private func write(to room: RoomID, as keys: DeviceKeys, _ siege: Siege, _ notes: Notes) async throws {
        try await siege.with { visit in
            var token = try await visit.token(keys)
            while !notes.isStopped {
                let post = Posts.message(1, bytes: 600)
                while true {
                    let path = "/v1/rooms/\(room)/entries"
                    let answer = try? await visit.send(.POST, path, token: token, body: post.encoded)
                    if let answer, answer.status < 300 {
                        notes.add(try Receipt(decoding: answer.body), of: post)
                        break
                    }
                    // The relay that is started again knows no session, or it is just not there.
                    token = try await visit.token(keys)
                }
            }
        }
    }

    private func expectAll(
        of receipts: [(post: EventID, receipt: Receipt)], in room: RoomID, for keys: DeviceKeys, _ siege: Siege
    ) async throws {
        var (chain, seq): ([UInt8], UInt64) = (LogChain.start(room: room), 0)
        var chains: [UInt64: [UInt8]] = [:]
        try await siege.with { visit in
            let token = try await visit.token(keys)
            let info = try JSONDecoder().decode(
                RelayInfo.self, from: Data(try await visit.insist(.GET, "/v1/relay").body))
            let identity = try Ed25519.PublicKey([UInt8](info.identity))
            while true {
                let page = try EntryPage(
                    decoding: try await visit.insist(
                        .GET, "/v1/rooms/\(room)/entries?after=\(seq)&limit=500", token: token
                    ).body)
                for entry in page.entries {
                    #expect(entry.seq == seq + 1)
                    chain = LogChain.next(
                        chain, seq: entry.seq, time: entry.time, poster: entry.poster, entryClass: entry.entryClass,
                        payload: entry.payload)
                    #expect(chain == entry.chain)
                    (seq, chains[entry.seq]) = (entry.seq, chain)
                }
                if page.entries.isEmpty { break }
            }
            #expect(receipts.allSatisfy { $0.receipt.isValid(by: identity) })
        }
        #expect(receipts.allSatisfy { chains[$0.receipt.seq] == $0.receipt.chain })
        // Every post that was answered has a number of its own, and none has a second.
        #expect(Set(receipts.map(\.receipt.seq)).count == receipts.count)
        // Before them all is the commit that made the room.
        #expect(chains.count == receipts.count + 1)
        #expect(receipts.count >= Self.kills)
    }

    private func expectReleased(_ pages: [RoomID], to keys: DeviceKeys, _ siege: Siege) async throws {
        let areReleased = try await siege.with { visit in
            let token = try await visit.token(keys)
            return try await Siege.wait(.seconds(30)) {
                let body = try await visit.insist(.GET, "/v1/heads", token: token).body
                let known = Set(try JSONDecoder().decode(Heads.self, from: Data(body)).rooms.map(\.room))
                return known.isSuperset(of: pages)
            }
        }
        #expect(areReleased)
    }
}

/// What was answered with success.
private final class Notes: Sendable {
    private struct State {
        var receipts: [(post: EventID, receipt: Receipt)] = []
        var isStopped = false
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var receipts: [(post: EventID, receipt: Receipt)] { state.withLock { $0.receipts } }
    var isStopped: Bool { state.withLock { $0.isStopped } }

    func add(_ receipt: Receipt, of post: EntryPost) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.receipts.append((post.event, receipt))
            guard let waiting = state.waiting, state.receipts.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        waiter?.resume()
    }

    /// Waits for so many more.
    func wait(for more: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiting = ($0.receipts.count + more, continuation) }
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }
}
