import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A client's connection: HTTP/1.1 whose writes are joined, in TLS, by the clock. No HTTP/2: clients need a few connections each.
struct RelayChannel: HTTPChannelHandler {
    typealias Value = HTTP1Channel.Value
    private let http: HTTP1Channel
    private let tls: NIOSSLContext
    var responder: HTTPChannelHandler.Responder { http.responder }

    static func server(
        tls: TLSConfiguration, connections: Connections, patience: RequestClock.Patience
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            RelayChannel(
                http: HTTP1Channel(
                    responder: responder,
                    configuration: .init(
                        additionalChannelHandlers: [RequestClock(patience: patience, connections: connections)])),
                tls: try NIOSSLContext(configuration: tls))
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
                HardClose(), NIOSSLServerHandler(context: tls), WriteJoiner(),
            ])
        }.flatMap { http.setup(channel: channel, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
