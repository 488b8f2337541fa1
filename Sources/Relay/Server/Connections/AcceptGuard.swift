import Foundation
import Logging
import NIOCore

/// Stands before everything else where connections are accepted: it asks whether one may come in, accepts none while too many
/// are open, and goes on where the system has no more descriptors, which would otherwise end the relay [R19].
final class AcceptGuard: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// Connections beyond the most that are open for a moment, because they are being closed.
    static let slack = 32
    /// How long nothing is accepted where the system had no descriptor to give.
    private static let pause = TimeAmount.milliseconds(100)

    private let connections: Connections
    private let logger: Logger
    private var open = 0
    private var isExhausted = false
    private var isReadHeld = false

    init(connections: Connections, logger: Logger) {
        self.connections = connections
        self.logger = logger
    }

    private var mustWait: Bool { isExhausted || open >= connections.most + Self.slack / 2 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        open += 1
        let bound = NIOLoopBound((guard: self, context: context), eventLoop: context.eventLoop)
        channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            bound.value.guard.open -= 1
            bound.value.guard.goOn(bound.value.context)
        }
        guard connections.admit(channel) else { return channel.close(promise: nil) }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard !mustWait else {
            isReadHeld = true
            return
        }
        context.read()
    }

    private func goOn(_ context: ChannelHandlerContext) {
        guard isReadHeld, !mustWait else { return }
        isReadHeld = false
        context.read()
    }

    /// What comes from the listening socket is about one connection that could not be accepted. Nobody after this handler hears of
    /// it: that is no reason for the server to end.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        guard !isExhausted, error.errnoCode != ECONNABORTED else { return }
        logger.error(
            "no connection can be accepted just now",
            metadata: ["reason": "\(String(cString: strerror(error.errnoCode)))", "open": "\(open)"])
        isExhausted = true
        // Until then the socket stays ready, and would say so again and again.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound((guard: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (guarding, context) = bound.value
            guarding.isExhausted = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
            guarding.goOn(context)
        }
    }
}
