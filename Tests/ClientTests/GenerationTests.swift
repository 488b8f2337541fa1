import CallList
import Foundation
import Incident
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing

@testable import Client

/// [R22] A relay that went back in time says so, or is told.
@Suite(.timeLimit(.minutes(2))) struct GenerationTests {
    /// The relay's whole directory is put back to what it was when `body` began.
    private func putBack(_ world: World, after body: () async throws -> Void) async throws {
        let back = try world.snapshotRelay()
        try await body()
        await world.stopRelay()
        try back()
        try await world.startRelay()
    }

    @Test("[R22] a machine's snapshot: a page that the relay lost is sent again by itself, and can be opened")
    func snapshot() async throws {
        try await World.with { world in
            // Somebody has it: it need not come again.
            let (ada, siem) = (try world.client("ada"), try world.client("siem"))
            let known = try await ada.page(.test("known"), policy: "duty").room
            let bo = try world.client("bo")
            try await bo.sync()
            #expect(try await bo.acknowledge(known).isAccepted)
            try await ada.sync()
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            var lost: [RoomID] = []
            try await putBack(world) {
                // It takes one of bo's key packages, which the relay would hand out a second time.
                lost.append(try #require(try await siem.alert(.test("lost", key: "1")).posted).room)
                lost.append(try await ada.page(.test("lost, too"), policy: "duty").room)
            }
            for client in [try world.reopen("ada"), try world.reopen("siem")] { try await client.sync() }
            let readers = [try world.reopen("bo"), try world.reopen("mara")]
            for reader in readers { try await reader.sync() }
            let titles = try readers[0].rooms().filter { $0.kind == .page }.map(\.title)
            #expect(titles.sorted() == ["known", "lost", "lost, too"])
            for client in readers + [try world.reopen("ada")] {
                #expect(try client.causes.contains(.relayWentBack), "\(client.profile.directory.lastPathComponent)")
            }
            // What was there cannot go on, and says why; what was said is still there.
            let again = try world.reopen("ada")
            #expect(try await code { _ = try await again.send("on", tlp: nil, to: room) } == .roomClosed)
            #expect(try again.detail(room).members.count == 2)
            let new = try await again.openIncident(title: "B", from: nil, tlp: .red, members: [member("bo")]).room
            try await readers[0].sync()
            #expect(try await readers[0].send("here", tlp: nil, to: new).isAccepted)
            let page = try #require(try readers[0].rooms().first { $0.title == "lost" }).id
            #expect(!lost.contains(page))
            #expect(try await readers[0].acknowledge(page).isAccepted)
            #expect(try readers[0].causes.allSatisfy { $0 == .relayWentBack })
        }
    }

    @Test("[R22] a database that is put back beside its marker: the relay finds out by itself")
    func marker() async throws {
        try await World.with { world in
            let generation = try await world.mark().generation
            await world.stopRelay()
            let back = try world.snapshotRelay()
            try await world.startRelay()
            #expect(try await world.mark().generation == generation)
            _ = try await world.reopen("siem").alert(.test(key: "1"))
            await world.stopRelay()
            try await world.startRelay()
            #expect(try await world.mark().generation == generation)
            await world.stopRelay()
            let marker = world.directory.appendingPathComponent("relay/generation")
            let newest = try Data(contentsOf: marker)
            try back()
            try newest.write(to: marker)
            try await world.startRelay()
            #expect(try await world.mark().generation != generation)
            let siem = try world.reopen("siem")
            try await siem.sync()
            let bo = try world.reopen("bo")
            try await bo.sync()
            #expect(try bo.rooms().count == 1 && bo.causes == [.relayWentBack] && siem.causes == [.relayWentBack])
        }
    }

    @Test(
        "[R22] nobody has a relay begin anew that did not go back: no older word of it, no other's, no other generation's"
    )
    func proofs() async throws {
        try await World.with { world in
            let siem = try world.client("siem")
            _ = try await siem.alert(.test(key: "1"))
            let (identity, link) = (try world.relayIdentity, try siem.link())
            let mark = try await world.mark()
            func signed(_ writes: UInt64, _ generation: Generation? = nil, by other: Bool = false) -> MarkProof {
                let mark = RelayMark(generation: generation ?? mark.generation, writes: writes)
                return .heads(SignedMark(mark, by: other ? siem.own.keys.session : identity))
            }
            #expect(try await !link.prove(signed(mark.writes)))
            #expect(try await !link.prove(signed(mark.writes + 1, by: true)))
            #expect(try await world.mark() == mark)
            #expect(try await link.prove(signed(mark.writes + 1)))
            let next = try await world.mark()
            #expect(next.generation != mark.generation && next.writes == mark.writes)
            #expect(try await !link.prove(signed(mark.writes + 9)))
            // A life that its database does not know of, as after a snapshot from before it, counts once.
            let later = signed(0, .random())
            #expect(try await link.prove(later))
            #expect(try await !link.prove(later))
            #expect(try await world.mark().generation != next.generation)
            #expect(try world.read { try $0.number("SELECT count(*) FROM rooms") } == 0)
            #expect(try world.read { try $0.number("SELECT count(*) FROM key_packages WHERE NOT last_resort") } == 0)
            #expect(try world.read { try $0.number("SELECT count(*) FROM key_packages") } == 4)
            #expect(try world.read { try $0.number("SELECT count(*) FROM call_lists") } == 2)
        }
    }

    @Test("[R22] a relay that shows an old word of its own and does not begin anew is an alarm; nothing is destroyed")
    func stubborn() async throws {
        try await World.with { world in
            let (wire, ada) = (Wire(), try world.client("ada"))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            let old = try await ada.link().heads()
            _ = try await ada.send("more", tlp: nil, to: room)
            let liar = try world.reopen("ada", tap: wire.tap)
            wire.onAnswer { request, answer in
                guard request == "GET /v1/heads" else { return answer }
                return [UInt8](try JSONEncoder().encode(old))
            }
            try await liar.sync()
            #expect(try liar.wasAlarmed(.relayWentBack, because: "does not begin anew"))
            wire.onAnswer(nil)
            #expect(try await liar.send("on we go", tlp: nil, to: room).isAccepted)
        }
    }

    @Test("[R22] a relay that claims again and again to have begun anew has nobody paged for ever")
    func again() async throws {
        try await World.with { world in
            let (wire, identity) = (Wire(), try world.relayIdentity)
            let siem = try world.reopen("siem", tap: wire.tap)
            _ = try await siem.alert(.test(key: "1"))
            wire.onAnswer { request, answer in
                guard request == "GET /v1/heads" else { return answer }
                let heads = try JSONDecoder().decode(Heads.self, from: Data(answer))
                let mark = SignedMark(RelayMark(generation: .random(), writes: 1), by: identity)
                return [UInt8](
                    try JSONEncoder().encode(
                        Heads(
                            rooms: heads.rooms, pendingWelcomes: heads.pendingWelcomes,
                            callListVersion: heads.callListVersion, time: heads.time, mark: mark)))
            }
            for _ in 0..<8 { try await siem.sync() }
            #expect(try siem.rooms().count == 4 && siem.causes == [.relayWentBack])
        }
    }
}
