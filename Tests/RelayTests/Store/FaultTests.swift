import CallList
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R4] Devices say that they cannot use a commit: what is kept of it, and what it moves.
@Suite struct FaultTests {
    /// A room of the first four persons, which the first leads; the second has made a commit.
    private struct Scene {
        let relay: StoreFixture
        let room: RoomID
        let commit: Entry

        init(_ engine: Engine) async throws {
            relay = try await StoreFixture(engine)
            room = try await relay.incident([0, 1, 2, 3])
            let accepted = try await relay.post(Posts.commit(1), to: room, by: relay.person(1))
            commit = try #require(
                try await relay.entries(room, for: relay.person(0)).first { $0.seq == accepted.seq })
        }

        func fault(by index: Int) throws -> EntryPost { try Posts.fault(commit, in: room, by: relay.person(index)) }
    }

    @Test(
        "[R4] A fault is an entry for all in the room, a retry is the same one, and it is no writing",
        arguments: Engine.allCases)
    func taken(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let (relay, room) = (scene.relay, scene.room)
        let fault = try scene.fault(by: 2)
        let accepted = try await relay.post(fault, to: room, by: relay.person(2))
        #expect(try await relay.post(fault, to: room, by: relay.person(2)) == accepted)
        for reader in [0, 3] {
            let last = try #require(try await relay.entries(room, for: relay.person(reader)).last)
            #expect(last.entryClass == .fault && last.poster == relay.person(2).id && last.payload == fault.payload)
        }
        // No commit-class entry, so nobody is told to catch up; and the commit does not stand by it: a writer in the epoch
        // before is taken.
        try await relay.post(Posts.message(2, parent: 1), to: room, by: relay.person(0))
        try await relay.post(Posts.message(2, parent: 2), to: room, by: relay.person(3))
    }

    @Test(
        "[R4] Forged, elsewhere, of no commit, of one's own, twice, of what was before: refused",
        arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let (relay, room, commit) = (scene.relay, scene.room, scene.commit)
        let (author, reader) = (relay.person(1), relay.person(2))
        let message = try await relay.post(Posts.message(2, parent: 2), to: room, by: relay.person(0))
        let entries = try await relay.entries(room, for: reader)
        let said = try #require(entries.first { $0.seq == message.seq })
        let founding = try #require(try await relay.entries(room, for: relay.person(0)).first)
        let elsewhere = try await relay.incident([0, 1, 2])
        let event = EventID.random()
        let beyond = Entry(
            seq: 99, time: commit.time, poster: commit.poster, entryClass: .commit, payload: commit.payload,
            chain: commit.chain)
        for (number, post) in try [
            Posts.fault(commit, in: room, by: reader, signedBy: relay.person(3)),
            Posts.fault(commit, in: room, by: relay.person(3)),
            Posts.fault(commit, in: room, by: reader, event: event, says: (elsewhere, event)),
            Posts.fault(commit, in: room, by: reader, event: event, says: (room, .random())),
            Posts.fault(commit, in: room, by: reader, digest: [UInt8](repeating: 0, count: 32)),
            Posts.fault(said, in: room, by: reader), Posts.fault(beyond, in: room, by: reader),
            Posts.fault(founding, in: room, by: reader),
            EntryPost(event: event, entryClass: .fault, baseSeq: 0, payload: [1, 2, 3]),
        ].enumerated() {
            await expect(.statementRefused) {
                try await relay.post(post, to: room, by: reader)
                Issue.record("number \(number)")
            }
        }
        let own = try Posts.fault(commit, in: room, by: author)
        await expect(.statementRefused) { try await relay.post(own, to: room, by: author) }
        let stranger = try Posts.fault(commit, in: room, by: relay.person(5))
        await expect(.notMember) { try await relay.post(stranger, to: room, by: relay.person(5)) }
        let there = try Posts.fault(commit, in: elsewhere, by: reader)
        await expect(.statementRefused) { try await relay.post(there, to: elsewhere, by: reader) }
        // After it stands it is still said, once, and still moves nothing.
        try await relay.post(scene.fault(by: 2), to: room, by: reader)
        let again = try scene.fault(by: 2)
        await expect(.statementRefused) { try await relay.post(again, to: room, by: reader) }
    }

    @Test("[R4] [R19] As many faults as commits, and then one in a while", arguments: Engine.allCases)
    func flooded(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let (relay, room) = (scene.relay, scene.room)
        let burst = relay.limits.commitBurst
        for index in 0..<burst {
            if index.isMultiple(of: 3) { relay.clock.advance(seconds: 1_000) }
            try await relay.post(
                Posts.commit(UInt64(2 + index), parent: UInt64(2 + index)), to: room, by: relay.person(1))
        }
        let commits = try await relay.entries(room, for: relay.person(2)).filter { $0.entryClass == .commit }
        try #require(commits.count > burst)
        for commit in commits.prefix(burst) {
            try await relay.post(Posts.fault(commit, in: room, by: relay.person(2)), to: room, by: relay.person(2))
        }
        let more = try Posts.fault(commits[burst], in: room, by: relay.person(2))
        await expect(.rateLimited) { try await relay.post(more, to: room, by: relay.person(2)) }
        relay.clock.advance(seconds: relay.limits.commitSeconds)
        try await relay.post(more, to: room, by: relay.person(2))
        // Another's word is another's budget.
        try await relay.post(Posts.fault(commits[0], in: room, by: relay.person(3)), to: room, by: relay.person(3))
    }

    @Test(
        "[R8] A leading device that faulted a commit gets its place back from anybody, and nobody else does",
        arguments: Engine.allCases)
    func givenBack(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let (relay, room) = (scene.relay, scene.room)
        try await relay.post(Posts.message(2, parent: 2), to: room, by: relay.person(2))
        func back(_ index: Int, baseSeq: UInt64, leads: [DeviceKeys]? = nil) -> EntryPost {
            Posts.commit(
                baseSeq, parent: 2, adds: [relay.person(index)], removes: [relay.person(index)], leads: leads)
        }
        await expect(.commitRefused) { try await relay.post(back(0, baseSeq: 3), to: room, by: relay.person(3)) }
        try await relay.post(scene.fault(by: 0), to: room, by: relay.person(0))
        try await relay.post(scene.fault(by: 2), to: room, by: relay.person(2))
        let leading = back(0, baseSeq: 5, leads: [relay.person(0), relay.person(3)])
        await expect(.commitRefused) { try await relay.post(leading, to: room, by: relay.person(3)) }
        await expect(.commitRefused) { try await relay.post(back(2, baseSeq: 5), to: room, by: relay.person(3)) }
        let accepted = try await relay.post(back(0, baseSeq: 5), to: room, by: relay.person(3))
        #expect(try await relay.store.welcomes(for: relay.person(0).id).last?.seq == accepted.seq)
        // It leads on, and nobody lost a place by it.
        try await relay.post(
            Posts.commit(accepted.seq, parent: accepted.seq, removes: [relay.person(1)]), to: room, by: relay.person(0))
        try await relay.post(
            Posts.message(accepted.seq + 1, parent: accepted.seq), to: room, by: relay.person(3))
    }
}
