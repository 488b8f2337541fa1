import AsyncHTTPClient
import CallList
import Foundation
import NIOHTTP1
import RelayAPI
import ServiceLifecycle
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// GET /v1/stream, over real sockets.
@Suite(.serialized) struct StreamTests {
    private func heads(_ event: (name: String, data: String)?) throws -> Heads {
        #expect(event?.name == "heads")
        return try JSONDecoder().decode(Heads.self, from: Data((event?.data ?? "").utf8))
    }

    @Test(arguments: [false, true]) func entriesAndHeads(http1: Bool) async throws {
        try await ServerFixture.run(http1: http1) { relay in
            let (author, reader) = (try await relay.token(relay.person(0)), try await relay.token(relay.person(1)))
            var events = EventReader(try await relay.stream(reader))
            #expect(try heads(try await events.next()).rooms.isEmpty)
            let room = try await relay.incident(author)
            #expect(try heads(try await events.next()).pendingWelcomes == 1)
            let post = Posts.message(1, "pushed")
            #expect(
                try await relay.send(.POST, "/v1/rooms/\(room)/entries", token: author, body: post.encoded).status
                    == 200)
            let event = try await events.next()
            #expect(event?.name == "entry")
            let bytes = [UInt8](try #require(Data(base64Encoded: event?.data ?? "")))
            #expect(Array(bytes.prefix(16)) == room.bytes)
            #expect(try Entry(decoding: Array(bytes.dropFirst(16))).payload == post.payload)
            relay.server.core.keepStreams()
            let comment = try await events.nextMessage()
            #expect(comment?.name == "")
        }
    }

    @Test func revokedStreamsAreCutOff() async throws {
        try await ServerFixture.run { relay in
            var events = EventReader(try await relay.stream(try await relay.token(relay.person(1))))
            var others = EventReader(try await relay.stream(try await relay.token(relay.person(2))))
            _ = try await (events.next(), others.next())
            let next = try relay.world.bundle(2, without: [relay.person(1)], previous: relay.list)
            #expect(try await relay.send(.PUT, "/v1/calllist", body: next).status == 204)
            let end = try await events.next()
            #expect(end == nil)
            #expect(try heads(try await others.next()).callListVersion == 2)
        }
    }

    @Test func expiredStreamsAreCutOff() async throws {
        try await ServerFixture.run { relay in
            let soon = World.start.adding(seconds: 100)
            let next = try relay.world.bundle(2, previous: relay.list, expiring: [relay.person(1).id: soon])
            #expect(try await relay.send(.PUT, "/v1/calllist", body: next).status == 204)
            let token = try await relay.token(relay.person(1))
            var events = EventReader(try await relay.stream(token))
            _ = try await events.next()
            relay.clock.advance(seconds: 100)
            relay.server.core.keepStreams()
            let end = try await events.next()
            #expect(end == nil)
            try await relay.send(.GET, "/v1/heads", token: token).expect(.deviceUnknown)
        }
    }

    @Test func aDeviceHasFewStreams() async throws {
        var limits = RelayLimits()
        limits.streamsPerDevice = 2
        try await ServerFixture.run(limits: limits) { relay in
            let token = try await relay.token(relay.person(1))
            let open = [try await relay.stream(token), try await relay.stream(token)]
            try await relay.send(.GET, "/v1/stream", token: token).expect(.limitReached)
            let other = try await relay.stream(try await relay.token(relay.person(2)))
            #expect(other.status == .ok && open.allSatisfy { $0.status == .ok })
        }
    }

    /// The limit is for a relay that never ends; one that does, however late, is slow and not wrong.
    @Test(
        "an open stream, read or not, does not hold up the relay's end", .timeLimit(.minutes(5)),
        arguments: [false, true])
    func shutdown(isRead: Bool) async throws {
        try await ServerFixture.run(http1: true) { relay in
            let response = try await relay.stream(try await relay.token(relay.person(1)))
            if isRead {
                var events = EventReader(response)
                _ = try await events.next()
            } else {
                // More than the sockets' buffers hold.
                let author = try await relay.token(relay.person(0))
                let room = try await relay.incident(author)
                let payload = String(repeating: "x", count: 200_000)
                for _ in 0..<40 {
                    _ = try await relay.send(
                        .POST, "/v1/rooms/\(room)/entries", token: author, body: Posts.message(1, payload).encoded)
                }
            }
            await relay.group.triggerGracefulShutdown()
        }
    }
}
