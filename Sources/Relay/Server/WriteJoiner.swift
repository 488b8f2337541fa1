import NIOCore

/// Joins what is written between two flushes. HTTP writes a chunk in three parts, and an answer in two: TLS would make a
/// record of each, which costs as much as a large one.
final class WriteJoiner: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    /// A TLS record holds no more; what is larger is not copied.
    static let mostBytes = 16 << 10

    private var waiting = ByteBuffer()
    private var promise: EventLoopPromise<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var part) = unwrapOutboundIn(data) else {
            writeWaiting(context)
            return context.write(data, promise: promise)
        }
        if waiting.readableBytes + part.readableBytes > Self.mostBytes { writeWaiting(context) }
        if waiting.readableBytes == 0 { waiting = part } else { waiting.writeBuffer(&part) }
        guard let promise else { return }
        if let first = self.promise { first.futureResult.cascade(to: promise) } else { self.promise = promise }
    }

    func flush(context: ChannelHandlerContext) {
        writeWaiting(context)
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        writeWaiting(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise?.fail(ChannelError.ioOnClosedChannel)
        promise = nil
    }

    private func writeWaiting(_ context: ChannelHandlerContext) {
        guard waiting.readableBytes > 0 || promise != nil else { return }
        let (joined, written) = (waiting, promise)
        (waiting, promise) = (ByteBuffer(), nil)
        context.write(wrapOutboundOut(joined), promise: written)
    }
}
