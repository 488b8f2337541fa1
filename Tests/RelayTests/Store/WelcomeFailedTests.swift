import CallList
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R14] Devices say that they cannot use a Welcome: it is forgotten, all are told, and nothing else is touched.
@Suite struct WelcomeFailedTests {
    private func waiting(_ relay: StoreFixture, _ index: Int) async throws -> [PendingWelcome] {
        try await relay.store.welcomes(for: relay.person(index).id)
    }

    @Test(
        "[R14] It is an entry for all, and a retry the same one; the device's other Welcomes wait on",
        arguments: Engine.allCases)
    func taken(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let (first, second) = (try await relay.incident([0, 1, 2]), try await relay.incident([0, 1]))
        let device = relay.person(1)
        let welcome = try #require(try await waiting(relay, 1).first { $0.room == first })
        relay.forgetNotices()
        let post = try Posts.failed(welcome, by: device)
        let accepted = try await relay.post(post, to: first, by: device)
        #expect(try await relay.post(post, to: first, by: device) == accepted)
        #expect(try await waiting(relay, 1).map(\.room) == [second])
        // Another's copy of the same Welcome waits on, too.
        #expect(try await waiting(relay, 2).map(\.room) == [first])
        for reader in [0, 2] {
            let last = try #require(try await relay.entries(first, for: relay.person(reader)).last)
            #expect(last.entryClass == .welcomeFailed && last.poster == device.id && last.payload == post.payload)
        }
        // It was never in: there is nothing to tell it of, until it is added anew.
        #expect(try await relay.store.heads(for: device.id).rooms.map(\.room) == [second])
        try await relay.post(Posts.commit(2, adds: [device], removes: [device]), to: first, by: relay.person(0))
        #expect(try await waiting(relay, 1).map(\.room) == [first, second])
        #expect(Set(try await relay.store.heads(for: device.id).rooms.map(\.room)) == [first, second])
    }

    @Test(
        "[R14] Forged, elsewhere, of no Welcome, of another's, of one's own once more: refused",
        arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1, 2])
        let elsewhere = try await relay.incident([0, 1])
        let (device, other) = (relay.person(1), relay.person(2))
        let welcome = try #require(try await waiting(relay, 1).first { $0.room == room })
        let event = EventID.random()
        for (number, post) in try [
            Posts.failed(welcome, by: device, signedBy: other), Posts.failed(welcome, by: other),
            Posts.failed(welcome, by: device, event: event, says: (elsewhere, event)),
            Posts.failed(welcome, by: device, event: event, says: (room, .random())),
            Posts.failed(welcome, by: device, digest: [UInt8](repeating: 0, count: 32)),
            Posts.failed(welcome, by: device, commit: 2), Posts.failed(welcome, by: device, commit: .max),
            EntryPost(event: event, entryClass: .welcomeFailed, baseSeq: 0, payload: [1, 2, 3]),
        ].enumerated() {
            await expect(.statementRefused) {
                try await relay.post(post, to: room, by: device)
                Issue.record("number \(number)")
            }
        }
        let stranger = try Posts.failed(welcome, by: relay.person(4))
        await expect(.notMember) { try await relay.post(stranger, to: room, by: relay.person(4)) }
        #expect(try await waiting(relay, 1).count == 2)
        try await relay.post(Posts.failed(welcome, by: device), to: room, by: device)
        let again = try Posts.failed(welcome, by: device)
        await expect(.statementRefused) { try await relay.post(again, to: room, by: device) }
        // Who came in has no Welcome that could fail.
        let used = try #require(try await waiting(relay, 2).first)
        try await relay.store.update(CursorUpdate(cursors: [.init(room: room, seq: 1)]), of: other.device)
        let late = try Posts.failed(used, by: other)
        await expect(.statementRefused) { try await relay.post(late, to: room, by: other) }
    }

    @Test(
        "[R14] [R19] Junk invitations fill a device's place in a room; each that it refuses frees one",
        arguments: Engine.allCases)
    func place(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let room = try await relay.incident([0, 1])
        let (lead, device) = (relay.person(0), relay.person(1))
        func invite(_ seq: UInt64) async throws {
            relay.clock.advance(seconds: relay.limits.commitSeconds)
            try await relay.post(
                Posts.commit(seq, parent: seq, adds: [device], removes: [device], body: "junk \(seq)"), to: room,
                by: lead)
        }
        for seq in 1..<UInt64(Membership.waitingWelcomes) { try await invite(seq) }
        await expect(.limitReached) { try await invite(UInt64(Membership.waitingWelcomes)) }
        let before = try await waiting(relay, 1)
        #expect(before.count == Membership.waitingWelcomes)
        let junk = before[2]
        try await relay.post(Posts.failed(junk, by: device), to: room, by: device)
        #expect(try await waiting(relay, 1).map(\.seq) == before.map(\.seq).filter { $0 != junk.seq })
        let seq = UInt64(Membership.waitingWelcomes)
        relay.clock.advance(seconds: relay.limits.commitSeconds)
        try await relay.post(
            Posts.commit(seq + 1, parent: seq, adds: [device], removes: [device]), to: room, by: lead)
        #expect(try await waiting(relay, 1).last?.seq == seq + 2)
    }

    @Test(
        "[R14] A page's step that reached nobody is followed by the next at once, and others keep their time",
        arguments: Engine.allCases)
    func escalates(_ engine: Engine) async throws {
        let relay = try await StoreFixture(engine)
        let alone = try await relay.page([0, 1].map { .init(persons: [[relay.person($0)]]) })
        let both = try await relay.page([
            .init(persons: [[relay.person(0)], [relay.person(2)]]), .init(persons: [[relay.person(1)]]),
        ])
        for welcome in try await waiting(relay, 0) {
            try await relay.post(Posts.failed(welcome, by: relay.person(0)), to: welcome.room, by: relay.person(0))
        }
        #expect(try await relay.laterSteps(alone, for: relay.sensor(0)) == [2])
        #expect(try await relay.laterSteps(both, for: relay.sensor(0)).isEmpty)
        #expect(try await waiting(relay, 1).map(\.room) == [alone])
        try await relay.pass(seconds: 60)
        #expect(try await relay.laterSteps(both, for: relay.sensor(0)) == [2])
        // What waits for nobody yet cannot fail: whose step has not come may say nothing.
        #expect(try await relay.timers(alone, for: relay.person(1)).count == 2)
    }
}
