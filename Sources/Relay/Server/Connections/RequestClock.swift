import NIOCore
import NIOHTTPTypes

/// Who is too slow is cut off [R19]: who connects and asks nothing, who lets a request come by the byte, who does not read the
/// answer. One timer for a connection, whatever it does: it looks at what is awaited by now.
final class RequestClock: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A body came slower than it may: whoever reads it is told so.
    struct TooSlow: Error {}

    /// How long is waited for what.
    struct Patience: Sendable {
        /// For a request's head: from the connection's beginning, TLS included, and between requests without a session.
        var request: TimeAmount
        /// Between a device's requests.
        var idle: TimeAmount
        /// For a reader to take the next part of an answer.
        var unread: TimeAmount
        /// What a body may come at, after the time that a head may take.
        var bytesPerSecond: Int

        init(limits: RelayLimits) {
            request = .seconds(Int64(limits.firstRequestSeconds))
            idle = .seconds(Int64(limits.idleSeconds))
            unread = .seconds(Int64(limits.unreadSeconds))
            bytesPerSecond = limits.receiveBytesPerSecond
        }

        /// When a body that began then, and of which so much has come, is too slow.
        func deadline(since start: NIODeadline, received bytes: Int) -> NIODeadline {
            start + request + .milliseconds(Int64(bytes / max(1, bytesPerSecond)) * 1_000)
        }
    }

    private enum State {
        case waiting(until: NIODeadline)
        case receiving(since: NIODeadline, bytes: Int)
        /// The request is whole, and the answer is being made or written: that takes as long as it does.
        case answering
        /// Answered before it was whole. What is still to come is passed over, for a while.
        case passingOver(until: NIODeadline)
    }

    private let patience: Patience
    private let connections: Connections
    private var state: State
    private var unreadSince: NIODeadline?
    private var timer: Scheduled<Void>?

    init(patience: Patience, connections: Connections) {
        self.patience = patience
        self.connections = connections
        state = .waiting(until: .now() + patience.request)
    }

    // MARK: What is awaited

    private var deadline: NIODeadline? {
        let unread = unreadSince.map { $0 + patience.unread }
        let awaited: NIODeadline? =
            switch state {
            case .waiting(let until), .passingOver(let until): until
            case .receiving(let start, let bytes): patience.deadline(since: start, received: bytes)
            case .answering: nil
            }
        return [unread, awaited].compactMap { $0 }.min()
    }

    /// A timer that is there already looks again by itself.
    private func schedule(_ context: ChannelHandlerContext) {
        guard timer == nil, let deadline else { return }
        let bound = NIOLoopBound((clock: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.clock.look(bound.value.context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard let deadline, deadline <= .now() else { return schedule(context) }
        if case .receiving = state, unreadSince == nil {
            // The one who reads the body answers, and then there is an end.
            state = .passingOver(until: .now() + patience.request)
            schedule(context)
            return context.fireErrorCaught(TooSlow())
        }
        HardClose.close(context.channel)
    }

    // MARK: What happens

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head, _): state = .receiving(since: .now(), bytes: 0)
        case (.body(let part), .receiving(let start, let bytes)):
            state = .receiving(since: start, bytes: bytes + part.readableBytes)
        case (.end, .receiving): state = .answering
        case (.end, .passingOver): awaitNext(context)
        default: break
        }
        schedule(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            switch state {
            case .receiving: state = .passingOver(until: .now() + patience.request)
            default: awaitNext(context)
            }
            schedule(context)
        }
        context.write(data, promise: promise)
    }

    private func awaitNext(_ context: ChannelHandlerContext) {
        let isDevice = connections.isIdle(context.channel)
        state = .waiting(until: .now() + (isDevice ? patience.idle : patience.request))
        // The timer may wait for something later.
        timer?.cancel()
        timer = nil
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unreadSince = context.channel.isWritable ? nil : .now()
        schedule(context)
        context.fireChannelWritabilityChanged()
    }
}
