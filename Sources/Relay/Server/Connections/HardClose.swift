import NIOCore

/// Closes a connection at once. It stands before TLS, which would first say goodbye, and wait for whoever never answers.
final class HardClose: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    static func close(_ channel: any Channel) {
        channel.eventLoop.execute {
            // Its pipeline may not be there yet, or no more.
            let first = try? channel.pipeline.syncOperations.handler(type: HardClose.self)
            guard let context = first?.context else { return channel.close(promise: nil) }
            context.close(promise: nil)
        }
    }
}
