import CallList
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R6] Who leads where no lead is left, as the relay sees it: what devices say of it, and who takes the lead by it.
@Suite struct LeadTests {
    /// A room of the first five persons, which the first leads, in which nobody has written for twelve hours.
    private struct Scene {
        let relay: StoreFixture
        let room: RoomID
        /// The last entry.
        var head: UInt64 = 1

        init(_ engine: Engine) async throws {
            relay = try await StoreFixture(engine)
            room = try await relay.incident([0, 1, 2, 3, 4])
            relay.clock.advance(seconds: 43_200)
        }

        var now: Timestamp { World.start.adding(seconds: 43_200) }

        func said(
            _ kind: LeadStatement.Kind = .noLead, by index: Int, signedBy signer: Int? = nil, at: Timestamp? = nil
        ) throws -> [UInt8] {
            try Posts.leadStatement(
                kind, in: room, by: relay.person(index), signedBy: signer.map { relay.person($0) }, at: at ?? now
            ).payload
        }

        mutating func post(_ post: EntryPost, by index: Int) async throws {
            head = try await relay.post(post, to: room, by: relay.person(index)).seq
        }

        func commit(
            parent: UInt64 = 1, takes: Bool = false, statements: [[UInt8]] = [], adds: [Int] = [], removes: [Int] = [],
            leads: [Int]? = nil
        ) -> EntryPost {
            Posts.commit(
                head, parent: parent, adds: adds.map { relay.person($0) }, removes: removes.map { relay.person($0) },
                leads: leads?.map { relay.person($0) }, takes: takes, statements: statements)
        }

        func expectRefused(_ post: EntryPost, by index: Int, _ what: String) async {
            await expect(.commitRefused) {
                try await relay.post(post, to: room, by: relay.person(index))
                Issue.record("\(what)")
            }
        }
    }

    @Test(
        "[R6] A statement is an entry for all, a retry is the same one, and it is no writing",
        arguments: Engine.allCases)
    func stated(_ engine: Engine) async throws {
        var scene = try await Scene(engine)
        let (relay, room) = (scene.relay, scene.room)
        let said = try Posts.leadStatement(.noLead, in: room, by: relay.person(0), at: scene.now)
        try await scene.post(said, by: 0)
        #expect(try await relay.post(said, to: room, by: relay.person(0)).seq == scene.head)
        for reader in [1, 4] {
            let last = try #require(try await relay.entries(room, for: relay.person(reader)).last)
            #expect(last.entryClass == .leadStatement && last.poster == relay.person(0).id)
            #expect(last.payload == said.payload)
        }
        // The lead's own word is none: two others say so, and the lead is silent all the same.
        await scene.expectRefused(
            scene.commit(takes: true, statements: [said.payload, try scene.said(by: 1)]), by: 1, "by one and the lead")
        try await scene.post(
            scene.commit(takes: true, statements: [try scene.said(by: 1), try scene.said(by: 2)]), by: 1)
    }

    @Test("[R6] Forged, elsewhere, too old, ahead, by a sensor, of a page: refused", arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let (relay, room, one, event) = (scene.relay, scene.room, scene.relay.person(1), EventID.random())
        for (number, post) in try [
            Posts.leadStatement(.noLead, in: room, by: one, signedBy: relay.person(2), at: scene.now),
            Posts.leadStatement(.noLead, in: room, by: relay.person(2), at: scene.now),
            Posts.leadStatement(.noLead, in: room, by: one, event: event, says: (.random(), event), at: scene.now),
            Posts.leadStatement(.noLead, in: room, by: one, event: event, says: (room, .random()), at: scene.now),
            Posts.leadStatement(.noLead, in: room, by: one, at: World.start),
            Posts.leadStatement(.noLead, in: room, by: one, at: scene.now.adding(seconds: 301)),
            EntryPost(event: event, entryClass: .leadStatement, baseSeq: 0, payload: [1, 2, 3]),
        ].enumerated() {
            await expect(.statementRefused) {
                try await relay.post(post, to: room, by: one)
                Issue.record("number \(number)")
            }
        }
        let stranger = try Posts.leadStatement(.noLead, in: room, by: relay.person(5), at: scene.now)
        await expect(.notMember) { try await relay.post(stranger, to: room, by: relay.person(5)) }
        let burst = relay.limits.commitBurst
        for _ in 0..<burst {
            try await relay.post(Posts.leadStatement(.noLead, in: room, by: one, at: scene.now), to: room, by: one)
        }
        let more = try Posts.leadStatement(.noLead, in: room, by: one, at: scene.now)
        await expect(.rateLimited) { try await relay.post(more, to: room, by: one) }
    }

    @Test(
        "[R6] Nobody takes the lead while a lead wrote, or fewer than two say that none did", arguments: Engine.allCases
    )
    func notLeft(_ engine: Engine) async throws {
        var scene = try await Scene(engine)
        let (one, two, three) = (try scene.said(by: 1), try scene.said(by: 2), try scene.said(by: 3))
        let old = try scene.said(by: 2, at: World.start)
        for (what, statements) in [
            ("nobody says so", []), ("one", [one]), ("one, twice", [one, one]), ("one, and one too old", [one, old]),
            ("one, and a forged one", [one, try scene.said(by: 2, signedBy: 1)]),
            ("one, and one who is not there", [one, try scene.said(by: 5)]),
            ("one, and something else", [one, try scene.said(.remove([scene.relay.person(0).id]), by: 2)]),
        ] as [(String, [[UInt8]])] {
            await scene.expectRefused(scene.commit(takes: true, statements: statements), by: 1, what)
        }
        await scene.expectRefused(scene.commit(takes: true, statements: [one, two]), by: 0, "the lead")
        try await scene.post(Posts.message(scene.head), by: 0)
        await scene.expectRefused(scene.commit(takes: true, statements: [one, two, three]), by: 1, "the lead wrote")
        scene.relay.clock.advance(seconds: 43_199)
        let late = World.start.adding(seconds: 86_399)
        let again = try [1, 2].map { try scene.said(by: $0, at: late) }
        await scene.expectRefused(scene.commit(takes: true, statements: again), by: 1, "a second too early")
        scene.relay.clock.advance(seconds: 1)
        try await scene.post(scene.commit(takes: true, statements: again), by: 1)
    }

    @Test(
        "[R6] Who took the lead adds, displaces nobody, and removes somebody listed with a second one only",
        arguments: Engine.allCases)
    func takers(_ engine: Engine) async throws {
        var scene = try await Scene(engine)
        let relay = scene.relay
        let words = [try scene.said(by: 3), try scene.said(by: 4)]
        let lead = relay.person(0).id
        await scene.expectRefused(scene.commit(adds: [5]), by: 1, "adds without having taken it")
        await scene.expectRefused(scene.commit(takes: true, statements: words, leads: [1]), by: 1, "names leads")
        await scene.expectRefused(scene.commit(takes: true, statements: words, removes: [0]), by: 1, "removes the lead")
        try await scene.post(scene.commit(takes: true, statements: words, adds: [5]), by: 1)
        let first = scene.head
        try await scene.post(Posts.message(first, parent: first), by: 3)
        await scene.expectRefused(scene.commit(parent: first, takes: true, statements: words), by: 1, "again")
        let own = try scene.said(.remove([lead]), by: 1)
        let third = try scene.said(.remove([lead]), by: 3)
        for statements in [[], [own], [third]] {
            await scene.expectRefused(
                scene.commit(parent: first, statements: statements, removes: [0]), by: 1, "without a second taker")
        }
        try await scene.post(scene.commit(parent: first, takes: true, statements: words), by: 2)
        let second = scene.head
        try await scene.post(Posts.message(second, parent: second), by: 1)
        let other = try scene.said(.remove([relay.person(3).id]), by: 2)
        await scene.expectRefused(
            scene.commit(parent: second, statements: [other], removes: [0]), by: 1, "another than the second one names")
        let self2 = try scene.said(.remove([relay.person(2).id]), by: 2)
        await scene.expectRefused(
            scene.commit(parent: second, statements: [self2], removes: [2]), by: 1, "the second one")
        try await scene.post(
            scene.commit(parent: second, statements: [try scene.said(.remove([lead]), by: 2)], removes: [0]), by: 1)
        // The lead is out once somebody goes on from it, and who took the lead adds on.
        let third2 = scene.head
        try await scene.post(Posts.message(third2, parent: third2), by: 3)
        let message = Posts.message(scene.head, parent: third2)
        await expect(.notMember) { try await relay.post(message, to: scene.room, by: relay.person(0)) }
        try await scene.post(scene.commit(parent: third2, adds: [6]), by: 2)
    }
}
