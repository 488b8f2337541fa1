import AsyncHTTPClient
import CallList
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import RelayAPI
import ServiceLifecycle
import Sodium
import Synchronization
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// Everything that was logged.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            recorder.lines.withLock {
                $0.append("\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])")
            }
        }
    }
}

/// A relay on a loopback port, and whoever talks to it.
struct ServerFixture: Sendable {
    let world: World
    let list: CallList
    let clock: SettableClock
    let log: LogRecorder
    let server: RelayServer
    let port: Int
    let directory: TemporaryDirectory
    let http: HTTPClient
    let group: ServiceGroup

    func person(_ index: Int) -> DeviceKeys { world.people[index] }

    /// Runs `body` beside a relay, and ends both.
    static func run(
        limits: RelayLimits = RelayLimits(), http1: Bool = false, _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let (world, directory, clock, log) = (try World(), try TemporaryDirectory(), SettableClock(), LogRecorder())
        let bundle = try world.bundle()
        _ = try RelayKeys.create(in: directory.url, id: "relay-1", addresses: ["https://127.0.0.1:1"])
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let options = RelayServer.Options(
            data: directory.url, root: world.root, callList: bundle, host: "127.0.0.1", port: 0, limits: limits,
            onListening: { listening.yield($0) })
        let server = try await RelayServer(options, logger: log.logger, clocks: clock.sources)
        let group = ServiceGroup(configuration: try server.serviceConfiguration(signals: []))
        let http = try client(of: directory.url, http1: http1)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.run(group) }
                var iterator = ports.makeAsyncIterator()
                let port = try #require(await iterator.next())
                let fixture = ServerFixture(
                    world: world, list: try world.list(bundle), clock: clock, log: log, server: server, port: port,
                    directory: directory, http: http, group: group)
                do {
                    try await body(fixture)
                } catch {
                    Issue.record(error)
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        } catch {
            Issue.record(error)
        }
        try await http.shutdown()
    }

    /// Pins the relay's certificate, as clients do.
    static func client(of directory: URL, http1: Bool = false) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        let certificate = [UInt8](try Data(contentsOf: directory.appendingPathComponent("tls.der")))
        tls.trustRoots = .certificates([try NIOSSLCertificate(bytes: certificate, format: .der)])
        tls.certificateVerification = .noHostnameVerification
        tls.minimumTLSVersion = .tlsv13
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.httpVersion = http1 ? .http1Only : .automatic
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    // MARK: Requests

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
        var problem: Problem? {
            guard headers.first(name: "content-type") == "application/problem+json" else { return nil }
            return try? JSONDecoder().decode(Problem.self, from: Data(body))
        }
        func json<T: Decodable>(_ type: T.Type = T.self) throws -> T {
            try JSONDecoder().decode(type, from: Data(body))
        }
    }

    func request(
        _ method: HTTPMethod, _ path: String, token: String? = nil, body: [UInt8]? = nil
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        return request
    }

    func send(
        _ method: HTTPMethod, _ path: String, token: String? = nil, body: [UInt8]? = nil
    ) async throws -> Answer {
        let response = try await http.execute(
            request(method, path, token: token, body: body), timeout: .seconds(20))
        let bytes = Array(buffer: try await response.body.collect(upTo: 64 << 20))
        return Answer(status: Int(response.status.code), headers: response.headers, body: bytes)
    }

    func send(
        _ method: HTTPMethod, _ path: String, token: String? = nil, json: some Encodable
    ) async throws -> Answer {
        try await send(method, path, token: token, body: [UInt8](JSONEncoder().encode(json)))
    }

    /// A request for a session, with whatever is to be wrong about it.
    func sessionRequest(
        _ keys: DeviceKeys, challenge: Data? = nil, relay: [UInt8]? = nil, signedBy signer: DeviceKeys? = nil
    ) async throws -> SessionRequest {
        var challenge = challenge
        if challenge == nil { challenge = try await send(.GET, "/v1/challenge").json(Challenge.self).challenge }
        let signed = SessionRequest.signedContent(
            challenge: [UInt8](challenge ?? Data()), relay: relay ?? server.core.identity.publicKey.bytes,
            device: keys.id)
        return SessionRequest(
            device: keys.id, challenge: challenge ?? Data(),
            signature: Data((signer ?? keys).session.signature(for: signed)))
    }

    func token(_ keys: DeviceKeys) async throws -> String {
        let answer = try await send(.POST, "/v1/session", json: try await sessionRequest(keys))
        return try answer.json(SessionAnswer.self).token
    }

    /// An open stream.
    func stream(_ token: String) async throws -> HTTPClientResponse {
        try await http.execute(request(.GET, "/v1/stream", token: token), deadline: .distantFuture)
    }

    /// An incident room of the first two persons, made by the first.
    func incident(_ token: String) async throws -> RoomID {
        let room = RoomID.random()
        let creation = Posts.incident(room, adding: [person(1)]).pinned(to: list, by: person(0))
        #expect(try await send(.POST, "/v1/rooms", token: token, body: creation.encoded).status == 200)
        return room
    }
}

extension ServerFixture.Answer {
    /// That it is a problem with this code, told as RFC 9457 has it.
    func expect(_ code: ProblemCode, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(problem?.code == code, sourceLocation: sourceLocation)
        #expect(problem?.status == status, sourceLocation: sourceLocation)
    }
}

/// Server-Sent Events off a response, one at a time: name and data, or a comment.
struct EventReader {
    private var body: HTTPClientResponse.Body.AsyncIterator
    private var text = ""

    init(_ response: HTTPClientResponse) { body = response.body.makeAsyncIterator() }

    /// Nil where the stream ended.
    /// The next event. The relay's own comments, which come with time, are passed over.
    mutating func next() async throws -> (name: String, data: String)? {
        while let message = try await nextMessage() {
            if !message.name.isEmpty { return message }
        }
        return nil
    }

    /// The next event, or a comment: then both are empty.
    mutating func nextMessage() async throws -> (name: String, data: String)? {
        while true {
            if let end = text.range(of: "\n\n") {
                let lines = text[..<end.lowerBound].split(separator: "\n").map(String.init)
                text = String(text[end.upperBound...])
                func value(_ name: String) -> String {
                    lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) } ?? ""
                }
                return (value("event"), value("data"))
            }
            guard let buffer = try await body.next() else { return nil }
            text += String(buffer: buffer)
        }
    }
}
