import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A bare connection to a relay, from any address of loopback, with or without TLS, which says just what it is told to.
final class Line: Sendable {
    private let channel: any Channel
    private let received: Received

    /// Whether what is sent to it is read.
    enum Reading: Sendable { case all, nothing }

    private final class Received: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let text = Mutex("")

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = String(buffer: unwrapInboundIn(data))
            text.withLock { $0 += part }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Stands before TLS, which would say goodbye first.
    private final class Cut: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
    }

    private static let tls = Result {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        return try NIOSSLContext(configuration: tls)
    }

    init(port: Int, from address: String = "127.0.0.1", isTLS: Bool = true, reading: Reading = .all) async throws {
        let received = Received()
        let context = isTLS ? try Self.tls.get() : nil
        channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(.so_rcvbuf), value: reading == .all ? 1 << 20 : 4 << 10)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Cut())
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(received)
                }
            }.connect(host: "127.0.0.1", port: port).get()
        self.received = received
        self.reading = reading
    }

    private let reading: Reading

    /// Nothing where it was closed.
    func send(_ text: String) async {
        try? await channel.writeAndFlush(ByteBuffer(string: text)).get()
        if reading == .nothing { try? await channel.setOption(.autoRead, value: false).get() }
    }

    func send(_ bytes: [UInt8]) async { try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// What came so far.
    var text: String { received.text.withLock { $0 } }

    /// The status of the last answer that came.
    var status: Int? {
        text.split(separator: "HTTP/1.1 ").last.flatMap { Int($0.prefix(3)) }
    }

    var isOpen: Bool { channel.isActive }

    /// Waits until the other side has closed it.
    func end() async { try? await channel.closeFuture.get() }

    /// Resets it: no goodbye, and what is on its way is lost.
    func reset() async {
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        cut()
        try? await channel.closeFuture.get()
    }

    private func cut() {
        channel.eventLoop.execute { [channel] in
            let first = try? channel.pipeline.syncOperations.context(handlerType: Cut.self)
            first?.close(promise: nil)
        }
    }

    deinit { cut() }
}

extension [Line] {
    /// Waits until the other side has closed all of them.
    func end(within limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for line in self { await line.end() }
                return true
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            let isEnded = await group.next() ?? false
            if !isEnded { for line in self { await line.reset() } }
            return isEnded
        }
    }
}
