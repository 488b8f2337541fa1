import Foundation
import NIOHTTP1
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// Rooms, limits and call lists, over real sockets.
@Suite(.serialized) struct RouteTests {
    @Test func receiptsAreSigned() async throws {
        try await ServerFixture.run { relay in
            let token = try await relay.token(relay.person(0))
            let room = try await relay.incident(token)
            let path = "/v1/rooms/\(room)/entries"
            let post = Posts.message(1)
            let first = try await relay.send(.POST, path, token: token, body: post.encoded)
            let receipt = try Receipt(decoding: first.body)
            #expect(receipt.isValid(by: relay.server.core.identity.publicKey))
            #expect(receipt.room == room && receipt.seq == 2)
            #expect(try await relay.send(.POST, path, token: token, body: post.encoded).body == first.body)
            let page = try EntryPage(decoding: try await relay.send(.GET, path + "?after=1", token: token).body)
            #expect(page.entries.map(\.chain) == [receipt.chain])
            for query in ["?after=-1", "?after=99999999999999999999", "?limit=0", "?limit=-5", "?after=x&limit=x"] {
                #expect(try await relay.send(.GET, path + query, token: token).status == 200)
            }
            let conflict = try await relay.send(
                .POST, path, token: token, body: Posts.message(.max).encoded)
            conflict.expect(.baseSequenceInvalid)
        }
    }

    @Test func aReceiptIsNeverSignedForAnotherRoom() async throws {
        try await ServerFixture.run { relay in
            let token = try await relay.token(relay.person(0))
            let (one, two) = (try await relay.incident(token), try await relay.incident(token))
            let post = Posts.message(1).encoded
            #expect(try await relay.send(.POST, "/v1/rooms/\(one)/entries", token: token, body: post).status == 200)
            try await relay.send(.POST, "/v1/rooms/\(two)/entries", token: token, body: post).expect(.malformedRequest)
        }
    }

    @Test func sizes() async throws {
        var limits = RelayLimits()
        limits.entryBytes = 1_024
        limits.requestBytes = 16_384
        limits.callListBytes = 16_384
        try await ServerFixture.run(limits: limits) { relay in
            let token = try await relay.token(relay.person(0))
            let room = try await relay.incident(token)
            let path = "/v1/rooms/\(room)/entries"
            func post(_ count: Int) -> [UInt8] { Posts.message(1, String(repeating: "x", count: count)).encoded }
            #expect(try await relay.send(.POST, path, token: token, body: post(1_024)).status == 200)
            try await relay.send(.POST, path, token: token, body: post(1_025)).expect(.requestTooLarge)
            try await relay.send(.POST, path, token: token, body: post(20_000)).expect(.requestTooLarge)
            try await relay.send(.PUT, "/v1/calllist", body: [UInt8](repeating: 0, count: 16_385))
                .expect(.requestTooLarge)
            try await relay.send(.POST, "/v1/session", body: [UInt8](repeating: 0, count: 5_000))
                .expect(.requestTooLarge)
        }
    }

    @Test func rates() async throws {
        var limits = RelayLimits()
        limits.requestsPerSecond = 0.1
        limits.requestBurst = 3
        limits.openRequestsPerSecond = 1
        limits.openRequestBurst = 6
        try await ServerFixture.run(limits: limits) { relay in
            let tokens = [try await relay.token(relay.person(0)), try await relay.token(relay.person(1))]
            for _ in 0..<3 { #expect(try await relay.send(.GET, "/v1/heads", token: tokens[0]).status == 200) }
            let refused = try await relay.send(.GET, "/v1/heads", token: tokens[0])
            refused.expect(.rateLimited)
            #expect(refused.headers.first(name: "retry-after") == "10")
            // Each device has its own.
            #expect(try await relay.send(.GET, "/v1/heads", token: tokens[1]).status == 200)
            for _ in 0..<2 { #expect(try await relay.send(.GET, "/v1/relay").status == 200) }
            try await relay.send(.GET, "/v1/relay").expect(.rateLimited)
            try await relay.send(.GET, "/v1/challenge").expect(.rateLimited)
            relay.clock.advance(seconds: 10)
            #expect(try await relay.send(.GET, "/v1/heads", token: tokens[0]).status == 200)
            #expect(try await relay.send(.GET, "/v1/relay").status == 200)
        }
    }

    // MARK: Call lists

    @Test func callLists() async throws {
        try await ServerFixture.run { relay in
            func put(_ bundle: [UInt8]) async throws -> ServerFixture.Answer {
                try await relay.send(.PUT, "/v1/calllist", body: bundle)
            }
            try await put(relay.world.bundle(2, previous: relay.list, signatures: 1)).expect(.callListRefused)
            try await put(World().bundle(1)).expect(.callListRefused)
            try await put(Array("{}".utf8)).expect(.callListRefused)
            try await put(relay.world.bundle(3, previous: relay.list)).expect(.callListConflict)
            // Issued no later than the list before it.
            try await put(relay.world.bundle(2, previous: relay.list, issued: World.start)).expect(.callListConflict)
            let two = try relay.world.bundle(2, previous: relay.list)
            #expect(try await put(two).status == 204)
            #expect(try await put(two).status == 204)
            try await put(relay.world.bundle(1)).expect(.callListConflict)
            let later = World.start.adding(seconds: 2)
            try await put(relay.world.bundle(2, previous: relay.list, issued: later)).expect(.callListConflict)
            let token = try await relay.token(relay.person(0))
            #expect(try await relay.send(.GET, "/v1/calllist/2", token: token).body == two)
            try await relay.send(.GET, "/v1/calllist/99999999999999999999", token: token).expect(.unknownRoute)
        }
    }

    @Test("of two lists that arrive at once one is taken, and the other a conflict") func equivocation() async throws {
        try await ServerFixture.run { relay in
            let bundles = try (0..<8).map {
                try relay.world.bundle(2, previous: relay.list, issued: World.start.adding(seconds: UInt64(1 + $0 / 2)))
            }
            let answers = try await withThrowingTaskGroup(of: ServerFixture.Answer.self) { group in
                for bundle in bundles {
                    group.addTask { try await relay.send(.PUT, "/v1/calllist", body: bundle) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // The one that was taken came twice.
            #expect(answers.filter { $0.status == 204 }.count == 2)
            for answer in answers where answer.status != 204 { answer.expect(.callListConflict) }
        }
    }
}
