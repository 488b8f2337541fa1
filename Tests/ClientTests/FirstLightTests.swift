import Foundation
import Incident
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Client

/// The main way through: page, escalate, acknowledge, talk.
@Suite struct FirstLightTests {
    @Test("An alert is shown, escalates, is acknowledged, and is talked about")
    func wholeWay() async throws {
        try await World.with { world in
            let (ada, bo, mara, siem) = (
                try world.client("ada"), try world.client("bo"), try world.client("mara"), try world.client("siem")
            )
            let posted = try required(try await siem.alert(.test(key: "k")).posted)
            #expect(posted.delivery.isAccepted && posted.unreachable.isEmpty)
            try await ada.sync()
            let page = try required(try ada.detail(posted.room).page)
            #expect(page.notice?.title == "Disk on fire" && page.status == .open)
            try await mara.sync()
            #expect(try mara.rooms().isEmpty)

            world.clock.advance(seconds: 301)
            try await world.fireTimers()
            try await mara.sync()
            #expect(try mara.detail(posted.room).page?.unanswered(inStep: 0).count == 2)
            #expect(try await mara.acknowledge(posted.room).isAccepted)
            try await ada.sync()
            #expect(try ada.detail(posted.room).page?.status == .acknowledged)

            let incident = try await ada.openIncident(
                title: "Fire", from: posted.room, tlp: .red, members: [member("mara")])
            try await mara.sync()
            #expect(try await mara.send("on my way", tlp: nil, to: incident.room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(incident.room) == ["on my way"])
            try await bo.sync()
            #expect(try bo.rooms().map(\.id) == [posted.room])
            for client in [ada, bo, mara, siem] { #expect(try client.causes.isEmpty) }
        }
    }

    @Test("A watch ends where trying again cannot help")
    func watchFails() async throws {
        try await World.with { world in
            let eve = try world.enroll("eve")
            var codes: [ClientError.Code] = []
            for await event in eve.watch() { if case .failed(let error) = event { codes.append(error.code) } }
            #expect(codes == [.notEnrolled])
        }
    }

    @Test("A watch tells what comes, joins and refills by itself, and ends with a revocation")
    func watch() async throws {
        try await World.with { world in
            let (bo, siem) = (try world.client("bo"), try world.client("siem"))
            var seen: [String] = []
            for await event in bo.watch() {
                switch event {
                case .connected: _ = try await siem.alert(.test(key: "k"))
                case .fact(_, let fact):
                    guard case .event(let event) = fact.fact.what else { continue }
                    seen.append(event.content.type)
                    if seen == ["page"] { _ = try await siem.alert(.test(key: "k")) }
                    if seen == ["page", "repeat"] {
                        try await world.publish(try world.list(members: ["ada", "mara"]), to: [])
                    }
                case .revoked: seen.append("revoked")
                case .failed(let error): seen.append(error.reason)
                case .alarm(let alarm): seen.append(alarm.detail)
                case .callList: seen.append("call list")
                case .disconnected: continue
                }
            }
            #expect(seen == ["page", "repeat", "revoked"])
        }
    }
}
