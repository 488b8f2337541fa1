import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import RelayAPI
import Sodium
import Terms

/// One relay, pinned: its certificate is the only trust anchor of the connection, no system store is asked and no name is
/// looked up. Keeps a session and renews it when the relay says that it ended.
actor Link {
    /// Where a relay is and how it is recognised: from the call list.
    struct Endpoint: Sendable, Hashable {
        let id: String
        /// `https://` and an IP literal or onion name.
        let address: String
        let identity: Ed25519.PublicKey
        /// DER.
        let certificate: [UInt8]
    }

    /// How long one request may take: a relay that accepts and says nothing must not keep a person waiting. What is large
    /// gets longer, at 16 KiB a second.
    static func timeout(for body: Body) -> TimeAmount {
        let bytes =
            switch body {
            case .none: 0
            case .binary(let bytes): bytes.count
            case .json(let data): data.count
            }
        return .seconds(10 + Int64(bytes >> 14))
    }
    /// The largest answer that is read: a page of entries.
    static let maximumAnswerBytes = 64 << 20
    /// The stream sends a comment every 15 s; three missed ones mean that the connection is dead.
    static let silence = TimeAmount.seconds(45)

    nonisolated let endpoint: Endpoint
    let device: DeviceID
    private let sessionKey: Ed25519.PrivateKey
    private let http: HTTPClient
    private let tap: LinkTap?
    /// Told what time the relay says it is.
    private let heard: @Sendable (Timestamp) -> Void
    private var token: String?

    init(
        endpoint: Endpoint, device: DeviceID, sessionKey: Ed25519.PrivateKey, tap: LinkTap?,
        heard: @escaping @Sendable (Timestamp) -> Void
    ) throws(ClientError) {
        self.endpoint = endpoint
        self.tap = tap
        self.heard = heard
        self.device = device
        self.sessionKey = sessionKey
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            tls.trustRoots = .certificates([try NIOSSLCertificate(bytes: endpoint.certificate, format: .der)])
        } catch {
            throw ClientError(
                .callListRefused, "the call list holds no usable certificate for relay \(endpoint.id)",
                hint: "ask an officer for a corrected call list")
        }
        // The pin is the certificate itself; addresses are IP literals or onion names, which it does not name.
        tls.certificateVerification = .noHostnameVerification
        tls.minimumTLSVersion = .tlsv13
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: Self.silence))
        configuration.networkFrameworkWaitForConnectivity = false
        configuration.httpVersion = .http1Only
        // A refused connection is an answer: what waits is kept, and its sender told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async { try? await http.shutdown() }

    /// What still runs when a client ends may have opened it anew: it closes what nobody else does.
    deinit {
        Task { [http] in try? await http.shutdown() }
    }

    // MARK: Requests

    enum Body: Sendable {
        case none
        case binary([UInt8])
        case json(Data)
    }

    /// Sends with a session, renewing it once where the relay says that it ended.
    /// - Throws: ``Problem`` as the relay gave it; `relayUnreachable`, `pinMismatch`, `relayMisbehaved`.
    func send(_ method: HTTPMethod, _ path: String, body: Body = .none) async throws -> [UInt8] {
        let response = try await open(method, path, body: body, timeout: Self.timeout(for: body))
        let answer = try await Self.collect(response)
        return try tap?.after(method, path, answer) ?? answer
    }

    /// As ``send(_:_:body:)``, but hands out the answer's head while its body still comes.
    func open(
        _ method: HTTPMethod, _ path: String, body: Body = .none, timeout: TimeAmount?
    ) async throws -> HTTPClientResponse {
        for attempt in 0... {
            let token = try await currentToken()
            let response = try await execute(method, path, body: body, token: token, timeout: timeout)
            if response.status.code < 300 { return response }
            let problem = try await Self.problem(response)
            if attempt == 0, problem.code == .sessionExpired || problem.code == .notAuthenticated {
                if self.token == token { self.token = nil }
                continue
            }
            throw problem
        }
        throw ClientError(.internalError, "unreachable")
    }

    /// Sends without a session: what anybody may ask.
    func sendOpenly(_ method: HTTPMethod, _ path: String, body: Body = .none) async throws -> [UInt8] {
        let response = try await execute(method, path, body: body, token: nil, timeout: Self.timeout(for: body))
        guard response.status.code < 300 else { throw try await Self.problem(response) }
        let answer = try await Self.collect(response)
        return try tap?.after(method, path, answer) ?? answer
    }

    private func execute(
        _ method: HTTPMethod, _ path: String, body: Body, token: String?, timeout: TimeAmount?
    ) async throws -> HTTPClientResponse {
        try await tap?.before(method, path)
        var request = HTTPClientRequest(url: endpoint.address + path)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        switch body {
        case .none: break
        case .binary(let bytes):
            request.headers.add(name: "content-type", value: "application/octet-stream")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        case .json(let data):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: data))
        }
        do {
            if let timeout { return try await http.execute(request, timeout: timeout) }
            return try await http.execute(request, deadline: .distantFuture)
        } catch {
            throw Self.translated(error, endpoint: endpoint)
        }
    }

    // MARK: Session

    /// The session's token; a new session where there is none.
    func currentToken() async throws -> String {
        if let token { return token }
        let challenge = try Self.decode(Challenge.self, try await sendOpenly(.GET, "/v1/challenge?device=\(device)"))
        let signed = SessionRequest.signedContent(
            challenge: [UInt8](challenge.challenge), relay: endpoint.identity.bytes, device: device)
        let request = SessionRequest(
            device: device, challenge: challenge.challenge, signature: Data(sessionKey.signature(for: signed)))
        let answer = try await sendOpenly(
            .POST, "/v1/session?device=\(device)", body: .json(try JSONEncoder().encode(request)))
        let session = try Self.decode(SessionAnswer.self, answer)
        token = session.token
        heard(session.time)
        return session.token
    }

    // MARK: Answers

    static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8]) throws(ClientError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ClientError(.relayMisbehaved, "the relay's answer is not what the protocol says")
        }
    }

    private static func collect(_ response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: maximumAnswerBytes))
        } catch is NIOTooManyBytesError {
            throw ClientError(.relayMisbehaved, "the relay's answer is too large")
        } catch {
            throw ClientError(.relayUnreachable, "the connection to the relay broke", hint: "try again")
        }
    }

    private static func problem(_ response: HTTPClientResponse) async throws -> Problem {
        guard let body = try? await response.body.collect(upTo: 64 << 10),
            let problem = try? JSONDecoder().decode(Problem.self, from: body)
        else {
            throw ClientError(
                .relayMisbehaved, "the relay answered \(response.status.code) without saying why",
                hint: "is this a Tocsin relay?")
        }
        return problem
    }

    private static func translated(_ error: any Error, endpoint: Endpoint) -> ClientError {
        if isHandshakeFailure(error) {
            return ClientError(
                .pinMismatch, "whoever answers at \(endpoint.address) is not the relay that the call list pins",
                hint: "somebody may be intercepting the connection, or the relay was set up anew: ask an officer")
        }
        return ClientError(
            .relayUnreachable, "relay \(endpoint.id) at \(endpoint.address) cannot be reached",
            hint: "check the network here, and whether the relay runs; then try again")
    }

    /// Whether the peer's certificate was refused, as opposed to a connection that broke during the handshake.
    private static func isHandshakeFailure(_ error: any Error) -> Bool {
        guard case .handshakeFailed(let reason)? = error as? NIOSSLError else { return false }
        return String(describing: reason).uppercased().contains("CERTIFICATE_VERIFY_FAILED")
    }
}
