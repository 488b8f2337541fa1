import CallList
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// Hostile bodies and bytes: refused with a problem, and the relay goes on; nothing of what is secret is logged.
@Suite(.serialized) struct HostileTests {
    /// Every route that takes a body, with a valid one.
    private func targets(_ relay: ServerFixture, room: RoomID) async throws -> [(HTTPMethod, String, [UInt8])] {
        func json(_ value: some Encodable) throws -> [UInt8] { [UInt8](try JSONEncoder().encode(value)) }
        let page = Posts.page(.random(), (1..<4).map { .init(persons: [[relay.person($0)]]) })
            .pinned(to: relay.list, by: relay.person(0))
        let upload = KeyPackageUpload(keyPackages: [KeyPackageTests.item(1), KeyPackageTests.item(2, lastResort: true)])
        return [
            (.POST, "/v1/rooms", page.encoded),
            (
                .POST, "/v1/rooms/\(room)/entries",
                Posts.commit(1, adds: [relay.person(2)]).pinned(to: relay.list).encoded
            ),
            (
                .POST, "/v1/rooms/\(room)/entries",
                try Posts.statement(.ack, in: room, by: relay.person(0), baseSeq: 1).encoded
            ),
            (.PUT, "/v1/keypackages", try json(upload)),
            (
                .POST, "/v1/keypackages/claim",
                try json(KeyPackageClaim(claim: .random(), devices: [relay.person(1).id]))
            ),
            (.PUT, "/v1/cursors", try json(CursorUpdate(cursors: [.init(room: room, seq: 1)]))),
            (.POST, "/v1/session", try json(try await relay.sessionRequest(relay.person(0)))),
            (.PUT, "/v1/calllist", try relay.world.bundle(2, previous: relay.list)),
        ]
    }

    private static func variants(_ body: [UInt8], _ random: inout SplitMix64) -> [[UInt8]] {
        var all: [[UInt8]] = [[], random.bytes(1), random.bytes(100), random.bytes(3_000)]
        for _ in 0..<15 { all.append(Array(body.prefix(Int.random(in: 0..<body.count, using: &random)))) }
        for _ in 0..<40 {
            var flipped = body
            flipped[Int.random(in: 0..<body.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            all.append(flipped)
        }
        all.append(body + random.bytes(3))
        // Vector lengths as large as they can be, and longer than the format allows.
        for length: [UInt8] in [[0xbf, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0x80, 0, 0, 0]] {
            for at in [0, 16, 32, 33, 41] where at < body.count { all.append(Array(body.prefix(at)) + length + body) }
        }
        for text in [
            String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 50_000), "{\"event\": 1e999}",
            "{\"device\":\"\\ud800\"}", "\u{feff}{}", "null", "1e400", "{\"cursors\":[{\"room\":\"x\",\"seq\":-1}]}",
            "{\"keyPackages\":[{\"reference\":\"\",\"keyPackage\":\"\",\"notAfter\":18446744073709551616}]}",
        ] { all.append(Array(text.utf8)) }
        return all
    }

    @Test(arguments: [false, true]) func hostileBodies(http1: Bool) async throws {
        var limits = RelayLimits()
        limits.requestBurst = 1e6
        limits.openRequestBurst = 1e6
        try await ServerFixture.run(limits: limits, http1: http1) { relay in
            let token = try await relay.token(relay.person(0))
            let room = try await relay.incident(token)
            var random = SplitMix64(seed: http1 ? 1 : 2)
            for (method, path, body) in try await targets(relay, room: room) {
                for variant in Self.variants(body, &random) {
                    let answer = try await relay.send(method, path, token: token, body: variant)
                    // A flipped bit can leave a request that is valid, if another one.
                    guard answer.status >= 300 else { continue }
                    #expect((400..<500).contains(answer.status), "\(method) \(path): \(answer.status)")
                    #expect(answer.problem?.status == answer.status, "\(method) \(path)")
                }
            }
            #expect(try await relay.send(.GET, "/v1/heads", token: token).status == 200)
            let errors = relay.log.all.filter { $0.hasPrefix("error") }
            #expect(errors.isEmpty, "\(errors.prefix(3))")
        }
    }

    @Test func whatIsNoHTTP() async throws {
        try await ServerFixture.run { relay in
            var random = SplitMix64(seed: 3)
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            let context = try NIOSSLContext(configuration: tls)
            let texts = [
                "GET /v1/relay HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n",
                "POST /v1/session HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
                "POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
                "POST /v1/session HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u{0}\u{0}\u{0}",
                "GET \(String(repeating: "/", count: 90_000)) HTTP/1.1\r\n",
            ]
            let inputs = texts.map { Array($0.utf8) } + (0..<5).map { _ in random.bytes(500) }
            for (index, input) in inputs.enumerated() {
                for isTLS in [false, true] {
                    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                guard isTLS else { return }
                                try channel.pipeline.syncOperations.addHandler(
                                    NIOSSLClientHandler(context: context, serverHostname: nil))
                            }
                        }.connect(host: "127.0.0.1", port: relay.port).get()
                    // The relay may close before all is written.
                    try? await channel.writeAndFlush(ByteBuffer(bytes: input)).get()
                    try? await channel.close().get()
                    #expect(try await relay.send(.GET, "/v1/relay").status == 200, "\(index)")
                }
            }
        }
    }

    @Test func logsHoldNothingSecret() async throws {
        try await ServerFixture.run { relay in
            let token = try await relay.token(relay.person(0))
            let room = try await relay.incident(token)
            let secret = "a payload that nobody may log"
            let post = Posts.message(1, secret)
            let path = "/v1/rooms/\(room)/entries"
            #expect(try await relay.send(.POST, path, token: token, body: post.encoded).status == 200)
            try await relay.send(.POST, path, token: token, body: Array(secret.utf8)).expect(.malformedRequest)
            try await relay.send(.GET, path + "?after=\(secret.utf8.count)", token: token + "=").expect(
                .notAuthenticated)
            try await relay.send(.GET, "/v1/nothing/\(room)", token: token).expect(.unknownRoute)
            var events = EventReader(try await relay.stream(token))
            _ = try await events.next()
            #expect(!relay.log.all.isEmpty)
            let words = [
                token, secret, Data(secret.utf8).base64EncodedString(), room.description,
                relay.person(0).id.description,
                relay.person(1).id.description, post.event.description,
            ]
            for line in relay.log.all {
                for word in words { #expect(!line.contains(word), "\(line)") }
            }
        }
    }
}
