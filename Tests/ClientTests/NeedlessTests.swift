import Foundation
import Incident
import MLS
import Synchronization
import Terms
import Testing

@testable import Client

/// Where somebody else was quicker, nothing was sent, and that is what is said: no receipt is invented, nobody is alarmed.
@Suite struct NeedlessTests {
    @Test("Two people resolve a page at once: the second is told by whom it was, and nothing is wrong")
    func twoResolve() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            let isFirst = Mutex(true)
            wire.onRequest { request in
                guard request == "POST /v1/rooms/\(page)/entries" else { return }
                let first = isFirst.withLock { first in
                    defer { first = false }
                    return first
                }
                guard first else { return }
                _ = try await ada.resolve(page, note: "mine")
            }
            let delivery = try await bo.resolve(page, note: "")
            guard case .needless(let reason) = delivery else {
                Issue.record("\(delivery)")
                return
            }
            #expect(reason.contains("Ada Example"))
            #expect(try bo.vault.read { try $0.queuedCount() } == 0)
            try await bo.sync()
            #expect(try bo.causes.isEmpty)
        }
    }

    @Test("A resolve that waited while somebody else resolved is dropped without an alarm")
    func resolvedMeanwhile() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            let page = try await ada.page(.test(), policy: "duty").room
            try await bo.sync()
            wire.onRequest { _ in throw ClientError(.relayUnreachable, "down") }
            #expect(try await !bo.resolve(page, note: "later").isAccepted)
            #expect(try await ada.resolve(page, note: "mine").isAccepted)
            wire.onRequest(nil)
            let report = try await bo.sync()
            #expect(report.queued == 0 && report.alarms.isEmpty)
            #expect(try bo.detail(page).page?.agreed == [ada.device])
            #expect(try bo.causes.isEmpty)
        }
    }

    @Test("Whom somebody else added meanwhile is not added again, and no time of acceptance is made up")
    func addedMeanwhile() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, other) = (try world.reopen("ada", tap: wire.tap), try world.client("ada"))
            let room = try await other.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            wire.onRequest { request in
                guard request == "POST /v1/keypackages/claim" else { return }
                wire.onRequest(nil)
                _ = try await other.addMembers([try member("mara")], to: room)
            }
            let delivery = try await ada.addMembers([member("mara")], to: room)
            guard case .needless = delivery else {
                Issue.record("\(delivery)")
                return
            }
            #expect(try ada.group(room).epoch.value == 2)
        }
    }
}
