import Foundation
import Incident
import RelayAPI
import Terms
import Testing

@testable import Client

/// What waits to be sent: nothing is lost, nothing blocks, and every state is called what it is.
@Suite struct OutboxTests {
    @Test("With no relay an alert is queued, and delivered once it is back")
    func unreachable() async throws {
        try await World.with { world in
            let siem = try world.client("siem")
            await world.stopRelay()
            let outcome = try await siem.alert(.test(key: "k"))
            guard case .queued? = outcome.posted?.delivery else {
                Issue.record("\(outcome)")
                return
            }
            // A repeat joins the queued page: no storm of pages when the relay comes back [R15].
            let again = try await siem.alert(.test(key: "k"))
            #expect(!again.isPaged && again.posted?.room == outcome.posted?.room)
            try await world.startRelay()
            #expect(try await siem.sync().queued == 0)
            let ada = try world.client("ada")
            try await ada.sync()
            #expect(try ada.rooms().count == 1)
            #expect(try ada.detail(required(outcome.posted?.room)).page?.repeats == 1)
        }
    }

    @Test(
        "A passing refusal keeps the item, a definite one drops it and throws",
        arguments: ProblemCode.allCases)
    func refusals(_ refusal: ProblemCode) async throws {
        let passing: Set<ProblemCode> = [
            .rateLimited, .storageFull, .unavailable, .internalError, .notAuthenticated, .sessionExpired,
            .challengeExpired, .signatureInvalid, .callListUnknown,
        ]
        let error = ClientError(Problem(code: refusal, title: "no", status: 400))
        #expect(error.isPassing == passing.contains(refusal))
    }

    @Test("A poisoned item is dropped, one that waits holds up its own room only")
    func headOfLine() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let rooms = [
                try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room,
                try await ada.openIncident(title: "B", from: nil, tlp: .red, members: [member("bo")]).room,
                try await ada.openIncident(title: "C", from: nil, tlp: .red, members: [member("bo")]).room,
            ]
            wire.onRequest { request in
                if request == "POST /v1/rooms/\(rooms[0])/entries" {
                    throw Problem(code: .requestTooLarge, title: "too large", status: 413)
                }
                if request.hasPrefix("POST /v1/rooms/\(rooms[1])/") {
                    throw Problem(code: .storageFull, title: "full", status: 507)
                }
            }
            let refused = try await code { _ = try await ada.send("poison", tlp: nil, to: rooms[0]) }
            #expect(refused == .relayRefused)
            guard case .queued = try await ada.send("1", tlp: nil, to: rooms[1]) else {
                Issue.record("not queued")
                return
            }
            _ = try await ada.send("2", tlp: nil, to: rooms[1])
            #expect(try await ada.send("goes on", tlp: nil, to: rooms[2]).isAccepted)
            #expect(try await ada.sync().queued == 2)
            wire.onRequest(nil)
            #expect(try await ada.sync().queued == 0)
            let bo = try world.client("bo")
            try await bo.sync()
            #expect(try bo.notes(rooms[1]) == ["1", "2"])
            #expect(try bo.notes(rooms[2]) == ["goes on"])
            #expect(try bo.notes(rooms[0]) == [])
        }
    }

    @Test("A page that reaches nobody stays queued, and goes out once somebody can be called")
    func nobodyToPage() async throws {
        try await World.with { world in
            let siem = try world.client("siem")
            try world.tamper("DELETE FROM key_packages")
            let outcome = try await siem.alert(.test())
            guard case .queued(let reason)? = outcome.posted?.delivery else {
                Issue.record("\(outcome)")
                return
            }
            #expect(reason.contains("nobody"))
            #expect(try await siem.sync().queued == 1)
            #expect(try siem.causes.contains(.pageWaits))
            let ada = try world.client("ada")
            try await ada.sync()
            #expect(try await siem.sync().queued == 0)
            try await ada.sync()
            #expect(try ada.rooms().count == 1)
        }
    }

    @Test("A repeat whose page was closed meanwhile becomes a page: same labels, key and TLP")
    func repeatOfClosedPage() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, siem) = (try world.client("ada"), try world.reopen("siem", tap: wire.tap))
            let first = try required(try await siem.alert(.test(key: "k", tlp: .green)).posted)
            await world.stopRelay()
            let again = try await siem.alert(.test(key: "k", tlp: .green))
            #expect(!again.isPaged)
            try await world.startRelay()
            try await ada.sync()
            #expect(try await ada.resolve(first.room, note: "out").isAccepted)
            #expect(try await siem.sync().queued == 0)
            try await ada.sync()
            let rooms = try ada.rooms().filter { $0.status?.isOver == false }
            #expect(rooms.count == 1 && rooms.first?.id != first.room)
            let detail = try ada.detail(required(rooms.first).id)
            #expect(detail.page?.notice?.labels == ["rack": "4"] && detail.page?.notice?.deduplicationKey == "k")
            #expect(detail.tlpCeiling == .green)
            // And the next one finds that page again.
            #expect(try await siem.alert(.test(key: "k", tlp: .green)).posted?.room == rooms.first?.id)
            // Closed between looking and sending: the caller hears that it is a page.
            try await ada.sync()
            let room = try required(rooms.first).id
            wire.onRequest { request in
                if request.hasPrefix("POST /v1/rooms/\(room)/") {
                    throw Problem(code: .roomClosed, title: "closed", status: 410)
                }
            }
            #expect(try await siem.alert(.test(key: "k", tlp: .green)).isPaged)
            // One of a higher level does not fit in, and is a page of its own.
            #expect(try await siem.alert(.test(key: "k", tlp: .red)).isPaged)
        }
    }

    @Test("Each place where a process can die: after a restart everything is there once", arguments: 0..<14)
    func crashes(_ place: Int) async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            wire.forget()
            // Even places: before a request; odd ones: after the relay did it.
            let strike: @Sendable () throws -> Void = { if wire.requests.count == place / 2 + 1 { throw Crash() } }
            if place % 2 == 0 { wire.onRequest { _ in try strike() } }
            if place % 2 == 1 {
                wire.onAnswer { _, answer in
                    try strike()
                    return answer
                }
            }
            do {
                _ = try await ada.send("once", tlp: nil, to: room)
                _ = try await ada.addMembers([member("mara")], to: room)
                _ = try await ada.page(.test("crash"), policy: "duty")
            } catch is Crash {}
            await ada.shutdown()
            let revived = try world.reopen("ada")
            #expect(try await revived.sync().queued == 0)
            #expect(try await revived.send("after", tlp: nil, to: room).isAccepted)
            let bo = try world.client("bo")
            try await bo.sync()
            #expect(try bo.notes(room) == ["once", "after"])
            #expect(try revived.notes(room) == ["once", "after"])
            #expect(try bo.rooms().count { $0.kind == .page } <= 1)
            #expect(try revived.causes.isEmpty && bo.causes.isEmpty)
        }
    }

    @Test("[R7] Two processes of one profile send at once, from one outbox")
    func twoProcesses() async throws {
        try await World.with { world in
            let (first, second) = (try world.client("ada"), try world.reopen("ada"))
            let room = try await first.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    let client = number % 2 == 0 ? first : second
                    group.addTask { _ = try await client.send("\(number)", tlp: nil, to: room) }
                    group.addTask {
                        let posted = try await client.page(.test("p\(number)"), policy: "duty")
                        #expect(posted.delivery.isAccepted)
                    }
                }
                try await group.waitForAll()
            }
            try await first.sync()
            let bo = try world.client("bo")
            try await bo.sync()
            #expect(try Set(bo.notes(room)) == Set((0..<4).map { "\($0)" }) && bo.notes(room).count == 4)
            let pages = try bo.rooms().filter { $0.kind == .page }
            #expect(pages.count == 4)
            // Whichever process made a room, the vault's state is the one that the relay has.
            for page in pages {
                _ = try await bo.acknowledge(page.id)
                try await first.sync()
                #expect(try first.detail(page.id).page?.status == .acknowledged)
                #expect(try await second.resolve(page.id, note: "done").isAccepted)
            }
            #expect(try first.causes.isEmpty && bo.causes.isEmpty)
        }
    }

    @Test("A retry beyond the relay's memory counts once")
    func lateRetry() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            wire.onAnswer { request, answer in
                if request.hasSuffix("/entries") { throw Crash() }
                return answer
            }
            await #expect(throws: Crash.self) { _ = try await ada.send("once", tlp: nil, to: room) }
            wire.onAnswer(nil)
            try world.tamper("DELETE FROM answers")
            _ = try await ada.sync()
            let bo = try world.client("bo")
            try await bo.sync()
            #expect(try bo.notes(room) == ["once"])
            #expect(try ada.notes(room) == ["once"])
        }
    }
}
