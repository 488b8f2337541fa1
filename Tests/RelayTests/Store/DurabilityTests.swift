import CallList
import Escalation
import Foundation
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// Concurrent writers, crashes and full disks.
@Suite struct DurabilityTests {
    @Test(arguments: Engine.allCases) func manyWritersLeaveNoGaps(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let rooms = [try await relay.incident([0, 1, 2, 3]), try await relay.incident([0, 1, 2, 3])]
        let accepted = try await withThrowingTaskGroup(of: (Int, Accepted).self) { group in
            for number in 0..<400 {
                group.addTask {
                    let post = Posts.message(1, "\(number)")
                    return (
                        number % 2, try await relay.post(post, to: rooms[number % 2], by: relay.person(number % 4))
                    )
                }
            }
            return try await group.reduce(into: [[], []]) { $0[$1.0].append($1.1) }
        }
        for (room, answers) in zip(rooms, accepted) {
            let entries = try await relay.entries(room, for: relay.person(0))
            #expect(entries.map(\.seq) == Array(1...201))
            #expect(answers.map(\.seq).sorted() == Array(2...201))
            // Each was told what is in the log.
            for answer in answers { #expect(entries[Int(answer.seq) - 1].chain == answer.chain) }
        }
    }

    @Test("one bad write of a group fails alone", arguments: Engine.allCases)
    func badWritesFailAlone(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let stranger = try DeviceKeys.generate(kind: .person)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    // Every third is refused after its entry was written: its joiner is on no list.
                    let bad = number % 3 == 0
                    let post =
                        bad
                        ? Posts.commit(1, adds: [stranger]) : Posts.message(1, "\(number)")
                    return (try? await relay.post(post, to: room, by: relay.person(0))) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes == 200)
        #expect(try await relay.entries(room, for: relay.person(1)).map(\.seq) == Array(2...201))
    }

    @Test(arguments: Engine.allCases) func whatWasAnsweredSurvives(_ engine: Engine) async throws {
        var relay: StoreFixture? = try await StoreFixture(engine)
        let first = try #require(relay)
        let (directory, keys) = (first.directory, first.person(0))
        let room = try await first.page((0..<2).map { .init(persons: [[first.person($0)]]) })
        let post = Posts.message(2, "durable")
        let accepted = try await first.post(post, to: room, by: keys)
        // As a crash leaves it: the files as they are now, with no closing.
        let copy = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.url.path) {
            try FileManager.default.copyItem(
                at: directory.url.appendingPathComponent(name), to: copy.url.appendingPathComponent(name))
        }
        let second = try engine.open(copy)
        try await second.startGeneration()
        let entries = try await second.entries(of: room, after: 0, limit: 10, for: keys.id).entries
        #expect(entries.last?.chain == accepted.chain)
        #expect(try await second.nextDue() == Elapsed(seconds: 60))
        let retried = try await second.post(
            post, to: room, by: keys.device, lists: CallListsAtHand(newest: first.list), limits: first.limits,
            at: first.moment)
        #expect(retried == accepted)
        // The timer still fires.
        #expect(try await second.fireDue(at: .after(seconds: 60), under: first.list).isEmpty)
        #expect(try await second.welcomes(for: first.person(1).id).count == 1)
        relay = nil
    }

    @Test(arguments: Engine.allCases) func fullDisk(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine, pages: 80)
        let room = try await relay.incident([0, 1])
        let payload = [UInt8](repeating: 1, count: 20_000)
        func fill(_ store: any RelayStore, _ base: UInt64 = 1) async throws -> Accepted {
            try await store.post(
                EntryPost(event: .random(), entryClass: .message, baseSeq: base, parent: 1, payload: payload), to: room,
                by: relay.person(0).device, lists: CallListsAtHand(newest: relay.list), limits: relay.limits,
                at: relay.moment)
        }
        var last: Accepted?
        await expect(.storageFull) {
            for _ in 0..<80 { last = try await fill(relay.store) }
        }
        let stored = try await relay.entries(room, for: relay.person(1))
        #expect(stored.last?.chain == last?.chain)
        // Many at once: those that find no room fail, each by itself.
        let storedNow = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { (try? await fill(relay.store)) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(storedNow == 0)
        #expect(try await relay.entries(room, for: relay.person(1)) == stored)

        let larger = try relay.engine.open(relay.directory, pages: 400)
        try await larger.startGeneration()
        let next = try await fill(larger)
        #expect(next.seq == last.map { $0.seq + 1 })
    }
}
