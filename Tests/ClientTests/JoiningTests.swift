import Foundation
import Incident
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// Coming back after a while away: all that waits is read in one go, and the newest comes first.
@Suite struct JoiningTests {
    @Test("More Welcomes than one answer holds: one catch-up reads all, the newest room first")
    func allNewestFirst() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            var rooms: [RoomID] = []
            for number in 0..<(OwnDevice.welcomesAtOnce + 6) {
                world.clock.advance(seconds: 1)
                rooms.append(
                    try await ada.openIncident(title: "\(number)", from: nil, tlp: .amber, members: [member("bo")]).room
                )
            }
            try await bo.sync()
            // In whatever order they came: what is listed first is what is newest.
            #expect(try bo.rooms().map(\.id) == rooms.reversed())
            #expect(try bo.rooms(includingClosed: false, limit: 3).map(\.id) == rooms.suffix(3).reversed())
            #expect(try await bo.link().heads().pendingWelcomes == 0)
            let pulled = wire.requests.filter { $0.contains("/entries?after=1&") }
            #expect(
                pulled == rooms.reversed().map { "GET /v1/rooms/\($0)/entries?after=1&limit=\(Room.pageSize)" })
            #expect(try bo.causes.isEmpty)
        }
    }

    @Test("A relay that hands out Welcomes without end is misbehaving, and is not followed")
    func withoutEnd() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            _ = try await ada.openIncident(title: "A", from: nil, tlp: .amber, members: [member("bo")])
            let answer = try required(try await bo.link().welcomes(after: nil, limit: 64).first)
            wire.onAnswer { request, real in
                request.hasPrefix("GET /v1/welcomes") ? PendingWelcomes(welcomes: [answer]).encoded : real
            }
            #expect(try await code { try await bo.sync() } == .relayMisbehaved)
            #expect(wire.requests.count { $0.hasPrefix("GET /v1/welcomes") } == 3)
        }
    }

    @Test("More entries than were asked for are refused")
    func moreThanAskedFor() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .amber, members: []).room
            wire.onEntries { entries in entries + entries }
            #expect(
                try await code { _ = try await ada.link().entries(of: room, after: 0, limit: 1) } == .relayMisbehaved)
        }
    }

    @Test("Of rooms that are over, and known to be, the relay tells no more")
    func closedRooms() async throws {
        try await World.with { world in
            let (siem, ada) = (try world.client("siem"), try world.client("ada"))
            let posted = try required(try await siem.alert(.test(key: "k")).posted)
            try await ada.sync()
            #expect(try await ada.resolve(posted.room, note: "over").isAccepted)
            try await world.passHour()
            #expect(try await ada.link().heads().rooms.map(\.closed) == [true])
            for client in [ada, siem] {
                try await client.sync()
                #expect(try await client.link().heads().rooms.isEmpty)
            }
        }
    }
}
