import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// A client's connection: HTTP/1.1 whose writes are joined, in TLS. No HTTP/2: clients need a few connections each.
struct RelayChannel: HTTPChannelHandler {
    typealias Value = HTTP1Channel.Value
    private let http: HTTP1Channel
    var responder: HTTPChannelHandler.Responder { http.responder }

    /// - Parameter idleTimeout: a connection that says nothing for so long, and waits for nothing, is closed.
    static func server(tls: TLSConfiguration, idleTimeout: TimeAmount) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            let http = HTTP1Channel(responder: responder, configuration: .init(idleTimeout: idleTimeout))
            return try TLSChannel(RelayChannel(http: http), tlsConfiguration: tls)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(WriteJoiner())
        }.flatMap { http.setup(channel: channel, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
