import AsyncHTTPClient
import CallList
import NIOCore
import NIOHTTP1
import NIOSSL

/// A request to the relay, without a client in between.
struct RelayRequest: Sendable {
    var method = HTTPMethod.POST
    let path: String
    let token: String?
    var body: [UInt8] = []
    var isJSON = false
}

extension BenchTeam {
    func makeHTTPClient() throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates([
            try NIOSSLCertificate(bytes: [UInt8](relayRecord.tlsCertificate), format: .der)
        ])
        tls.certificateVerification = .noHostnameVerification
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A request in flight has a connection of its own: the pool's 8 would keep commits from being grouped.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Throws: where the answer is none of status 2xx.
    func send(_ request: RelayRequest, with http: HTTPClient) async throws {
        var message = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(request.path)")
        message.method = request.method
        if let token = request.token { message.headers.add(name: "authorization", value: "Bearer \(token)") }
        if request.isJSON { message.headers.add(name: "content-type", value: "application/json") }
        if request.method != .GET { message.body = .bytes(ByteBuffer(bytes: request.body)) }
        let response = try await http.execute(message, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 1 << 20)
        guard response.status.code < 300 else {
            throw BenchFailure("\(response.status.code): \(String(buffer: body))")
        }
    }
}
