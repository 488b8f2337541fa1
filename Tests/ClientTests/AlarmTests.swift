import Foundation
import Incident
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// [R20] Alarms are typed, kept for each room and cause, counted, and closed by people.
@Suite struct AlarmTests {
    @Test("[R20] The thousandth of a kind counts up, and hides nothing of another")
    func counted() async throws {
        try await World.with { world in
            let (ada, bo, mara) = (try world.client("ada"), try world.client("bo"), try world.client("mara"))
            let (one, other) = (RoomID.random(), RoomID.random())
            let start = world.clock.now
            func junk(_ room: RoomID, _ client: Client, _ detail: String) throws {
                try ada.own.raise(.invalidEntry(.commit), room: room, by: .device(client.device), detail)
            }
            for number in 0..<1_000 { try junk(one, bo, "entry \(number)") }
            world.clock.advance(seconds: 60)
            try junk(one, mara, "by another")
            try junk(other, bo, "elsewhere")
            try ada.own.raise(.invalidEntry(.message), room: one, by: .device(bo.device), "of another kind")
            try junk(one, bo, "the last")
            let alarms = try ada.alarms()
            #expect(alarms.map(\.count) == [1_001, 1, 1, 1] && alarms.map(\.number) == [1, 2, 3, 4])
            #expect(alarms.map(\.detail) == ["entry 0", "by another", "elsewhere", "of another kind"])
            #expect(alarms.first?.first == start && alarms.first?.last == world.clock.now)
            #expect(alarms.first?.subject.party == .device(bo.device) && alarms.first?.subject.room == one)
            // Another process of the profile sees and counts the same.
            let again = try world.reopen("ada")
            #expect(try again.alarms() == alarms)
            try again.own.raise(.invalidEntry(.commit), room: one, by: .device(bo.device), "entry 1001")
            #expect(try ada.alarms().map(\.count) == [1_002, 1, 1, 1])
        }
    }

    @Test("[R20] An alarm stays until somebody closes it with a reason; the same after that is a new one")
    func closed() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            try ada.own.raise(.unseen, "first")
            try await ada.sync()
            #expect(try ada.causes == [.unseen])
            for reason in ["", " \n", String(repeating: "x", count: AlarmClosing.reasonBytes + 1)] {
                #expect(try await code { try ada.close(alarm: 1, reason: reason) } == .inputRefused)
            }
            #expect(try await code { try ada.close(alarm: 2, reason: "none") } == .unknownAlarm)
            world.clock.advance(seconds: 60)
            let closing = AlarmClosing(reason: "it was a drill", by: ada.device, at: world.clock.now)
            #expect(try ada.close(alarm: 1, reason: " it was a drill\n").closing == closing)
            #expect(try ada.alarms().isEmpty && ada.alarms(closed: true).map(\.closing) == [closing])
            #expect(try await code { try ada.close(alarm: 1, reason: "again") } == .alarmClosed)
            try ada.own.raise(.unseen, "second")
            #expect(try ada.alarms().map(\.number) == [2] && ada.alarm(1).count == 1)
            #expect(try ada.alarms(closed: true).map(\.detail) == ["first", "second"])
        }
    }

    @Test("[R20] A relay that makes up an author for each entry, or a room for each invitation, counts one alarm up")
    func madeUp() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            let log = HostileLog(world, page, bo)
            for _ in 0..<20 { try await log.inject(statement: [1, 2, 3], by: .random()) }
            #expect(try bo.causes == [.invalidEntry(.statement)] && bo.alarms().first?.count == 20)
            #expect(try bo.alarms().first?.subject.party == nil)
            // Whoever is in the room is named, and told apart.
            try await log.inject(statement: [1, 2, 3], by: ada.device)
            #expect(try bo.alarms().last?.subject.party == .device(ada.device))
            wire.onAnswer { request, answer in
                switch request {
                case "GET /v1/heads":
                    let heads = try JSONDecoder().decode(Heads.self, from: Data(answer))
                    return [UInt8](
                        try JSONEncoder().encode(
                            Heads(
                                rooms: heads.rooms, pendingWelcomes: 20, callListVersion: heads.callListVersion,
                                time: heads.time, mark: heads.mark)))
                case "GET /v1/welcomes?limit=64":
                    return PendingWelcomes(
                        welcomes: (1...20).reversed().map { place in
                            PendingWelcome(
                                place: place, room: .random(), kind: .incident, seq: 1, time: world.clock.now,
                                chain: [UInt8](repeating: 0, count: 32), welcome: [1, 2, 3])
                        }
                    ).encoded
                default: return answer
                }
            }
            for _ in 0..<3 { _ = try await code { _ = try await bo.sync() } }
            let invitations = try bo.alarms().filter { $0.subject.cause == .welcomeUnusable }
            #expect(invitations.count == 1 && invitations.allSatisfy { $0.count >= 3 })
        }
    }

    @Test("[R20] That whoever answers is not the pinned relay, or breaks the protocol, stays as an alarm")
    func impostor() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            for (error, cause) in [
                (ClientErrorCode.pinMismatch, AlarmCause.impostor), (.relayMisbehaved, .relayMisbehaves),
            ] {
                wire.onRequest { _ in throw ClientError(error, "somebody else answers") }
                for _ in 0..<2 { #expect(try await code { _ = try await ada.sync() } == error) }
                #expect(try ada.alarms().last?.subject.cause == cause && ada.alarms().last?.count == 2)
            }
            wire.onRequest(nil)
            try await ada.sync()
            #expect(try ada.causes == [.impostor, .relayMisbehaves])
        }
    }

    @Test("[R20] A watch tells of an alarm when it is new, and then at ten, a hundred, a thousand of it")
    func watched() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try bo.own.raise(.unseen, "before")
            var told: [Int] = []
            var sent = 0
            for await event in bo.watch() {
                switch event {
                case .connected: _ = try await ada.send("first", tlp: nil, to: room)
                case .alarm(let alarm): told.append(alarm.count)
                case .fact(_, let fact):
                    guard case .event(let event) = fact.fact.what, case .note = event.content else { continue }
                    for _ in 0..<4 { try bo.own.raise(.unseen, "again") }
                    sent += 1
                    if sent < 5 { _ = try await ada.send("\(sent)", tlp: nil, to: room) }
                default: continue
                }
                if sent == 5 { break }
            }
            // Looked at before each message: at 1, 5, 9, 13 and 17 of them, or while it counts.
            #expect(told.count == 2 && told.first == 1 && told.last.map { (10...13).contains($0) } ?? false)
        }
    }
}
