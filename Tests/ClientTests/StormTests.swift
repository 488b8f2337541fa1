import Foundation
import Incident
import RelayAPI
import Terms
import Testing

@testable import Client

/// Storms of alerts [R15]: one page a trouble, and never silence.
@Suite struct StormTests {
    @Test("Alerts of one key at once: one page, and every one counted")
    func atOnce() async throws {
        try await World.with { world in
            let clients = [try world.client("siem"), try world.reopen("siem"), try world.reopen("siem")]
            let outcomes = try await withThrowingTaskGroup(of: AlertOutcome.self) { group in
                for number in 0..<6 { group.addTask { try await clients[number % 3].alert(.test(key: "k")) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            _ = try await clients[0].sync()
            #expect(outcomes.count { $0.isPaged } == 1)
            #expect(Set(outcomes.compactMap { $0.posted?.room }).count == 1)
            let ada = try world.client("ada")
            try await ada.sync()
            #expect(try ada.rooms().count == 1)
            #expect(try ada.detail(required(ada.rooms().first).id).page?.repeats == 5)
        }
    }

    @Test("Beyond the relay's budget an alert is told in the newest open page, or waits; it is never dropped")
    func budget() async throws {
        try await World.with { world in
            let wire = Wire()
            let (siem, ada) = (try world.reopen("siem", tap: wire.tap), try world.client("ada"))
            wire.onRequest { request in
                guard request == "POST /v1/rooms" else { return }
                throw Problem(code: .limitReached, title: "a limit of this relay is reached", status: 422)
            }
            let first = try await siem.alert(.test("no page yet", key: "1"))
            #expect(first.posted?.delivery.isAccepted == false)
            #expect(try siem.vault.read({ try $0.queuedCount() }) == 1)
            wire.onRequest(nil)
            #expect(try await siem.sync().queued == 0)
            wire.onRequest { request in
                guard request == "POST /v1/rooms" else { return }
                throw Problem(code: .limitReached, title: "a limit of this relay is reached", status: 422)
            }
            let second = try await siem.alert(.test("Second trouble", key: "2"))
            #expect(!second.isPaged && second.posted?.delivery.isAccepted == true)
            #expect(second.posted?.room == first.posted?.room)
            // Of a higher level than the page: it waits.
            #expect(try await siem.alert(.test("secret", tlp: .red)).posted?.delivery.isAccepted == false)
            try await ada.sync()
            let page = try ada.detail(required(first.posted).room)
            #expect(page.page?.repeats == 1)
            let titles = page.facts.compactMap { fact -> String? in
                guard case .event(let event) = fact.fact.what, case .pageRepeat(let again) = event.content else {
                    return nil
                }
                return again.title
            }
            #expect(titles == ["Beyond the budget: Second trouble"])
            wire.onRequest(nil)
            #expect(try await siem.sync().queued == 0)
        }
    }
}
