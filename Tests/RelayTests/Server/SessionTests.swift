import CallList
import Foundation
import NIOHTTP1
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// Challenges, sessions and tokens, over real sockets.
@Suite(.serialized) struct SessionTests {
    @Test func aDeviceOpensASession() async throws {
        try await ServerFixture.run { relay in
            let info = try await relay.send(.GET, "/v1/relay").json(RelayInfo.self)
            #expect([UInt8](info.identity) == relay.server.core.identity.publicKey.bytes)
            #expect(info.callListVersion == 1)
            let token = try await relay.token(relay.person(0))
            #expect(try await relay.send(.GET, "/v1/calllist", token: token).body == relay.list.bundleBytes)
            #expect(try await relay.send(.GET, "/v1/root").body == relay.world.root.envelope)
        }
    }

    @Test func refusedSessions() async throws {
        try await ServerFixture.run { relay in
            func open(_ request: SessionRequest) async throws -> ServerFixture.Answer {
                try await relay.send(.POST, "/v1/session", json: request)
            }
            let (a, b) = (relay.person(0), relay.person(1))
            try await open(relay.sessionRequest(a, signedBy: b)).expect(.signatureInvalid)
            // Signed for another relay, which could pass this one's challenge on.
            let other = Ed25519.PrivateKey().publicKey.bytes
            try await open(relay.sessionRequest(a, relay: other)).expect(.signatureInvalid)
            try await open(relay.sessionRequest(.generate(kind: .person))).expect(.deviceUnknown)
            let good = try await relay.sessionRequest(a)
            try await open(SessionRequest(device: b.id, challenge: good.challenge, signature: good.signature))
                .expect(.signatureInvalid)
            for length in [0, 8, 55, 56, 57, 500] {
                try await open(relay.sessionRequest(a, challenge: Data(count: length))).expect(.challengeExpired)
            }
            var forged = good.challenge
            forged[0] ^= 0x80
            try await open(relay.sessionRequest(a, challenge: forged)).expect(.challengeExpired)
            relay.clock.advance(seconds: 61)
            try await open(good).expect(.challengeExpired)
        }
    }

    @Test func refusedTokens() async throws {
        try await ServerFixture.run { relay in
            let token = try await relay.token(relay.person(0))
            func use(_ token: String) async throws -> ServerFixture.Answer {
                try await relay.send(.GET, "/v1/heads", token: token)
            }
            #expect(try await use(token).status == 200)
            for forged in ["", "x", "AAAA", String(token.dropLast(4)), token + "AAAA"] {
                try await use(forged).expect(.notAuthenticated)
            }
            var bytes = [UInt8](try #require(Data(base64Encoded: token)))
            for index in bytes.indices {
                bytes[index] ^= 1
                let answer = try await use(Data(bytes).base64EncodedString())
                #expect(answer.status == 401)
                bytes[index] ^= 1
            }
            relay.clock.advance(seconds: 15 * 60 - 1)
            #expect(try await use(token).status == 200)
            relay.clock.advance(seconds: 1)
            try await use(token).expect(.sessionExpired)
        }
    }

    @Test func revocationHoldsAtOnce() async throws {
        try await ServerFixture.run { relay in
            let (token, other) = (try await relay.token(relay.person(0)), try await relay.token(relay.person(1)))
            let next = try relay.world.bundle(2, without: [relay.person(0)], previous: relay.list)
            #expect(try await relay.send(.PUT, "/v1/calllist", body: next).status == 204)
            try await relay.send(.GET, "/v1/heads", token: token).expect(.deviceUnknown)
            let heads = try await relay.send(.GET, "/v1/heads", token: other).json(Heads.self)
            #expect(heads.callListVersion == 2)
        }
    }

    @Test func everyOtherRouteNeedsASession() async throws {
        try await ServerFixture.run { relay in
            let room = RoomID.random()
            let routes: [(HTTPMethod, String)] = [
                (.GET, "/v1/calllist"), (.GET, "/v1/calllist/1"), (.PUT, "/v1/keypackages"),
                (.GET, "/v1/keypackages"), (.POST, "/v1/keypackages/claim"), (.GET, "/v1/welcomes"),
                (.GET, "/v1/heads"), (.PUT, "/v1/cursors"), (.POST, "/v1/rooms"),
                (.POST, "/v1/rooms/\(room)/entries"), (.GET, "/v1/rooms/\(room)/entries"),
                (.GET, "/v1/stream"),
            ]
            for (method, path) in routes {
                try await relay.send(method, path, body: method == .GET ? nil : [1, 2, 3]).expect(.notAuthenticated)
            }
            for path in ["/", "/v1", "/v1/nothing", "/v1/rooms/x"] {
                try await relay.send(.GET, path).expect(.unknownRoute)
            }
            try await relay.send(.DELETE, "/v1/rooms").expect(.unknownRoute)
        }
    }
}
