import CallList
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RelayAPI
import ServiceLifecycle
import Terms
import WireFormat

/// GET /v1/stream: Server-Sent Events. Entries while the device keeps up; on connect, lag or doubt just the heads.
struct StreamRoutes {
    let relay: RelayCore

    func add(to routes: Routes<DeviceContext>) {
        routes.on(.get, "v1/stream") { context in
            let slot = StreamSlot(try relay.subscribe(context.device.id), of: relay.hub, on: context.channel)
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
                body: ResponseBody { writer in
                    let subscriber = slot.subscriber
                    // An open stream must not hold up the relay's end.
                    try await withGracefulShutdownHandler {
                        try await serve(subscriber, writer: &writer)
                    } onGracefulShutdown: {
                        subscriber.close()
                    }
                    try await writer.finish(nil)
                })
        }
    }

    /// Owns a stream's place, and gives it back with the answer: also where its body was never asked for, because the client
    /// had gone before the head.
    private final class StreamSlot: Sendable {
        let subscriber: StreamSubscriber
        private let hub: StreamHub

        init(_ subscriber: StreamSubscriber, of hub: StreamHub, on channel: any Channel) {
            self.subscriber = subscriber
            self.hub = hub
            // Nothing else says that the client has gone, before the next write.
            channel.closeFuture.whenComplete { [weak subscriber] _ in subscriber?.close() }
        }

        deinit { hub.unsubscribe(subscriber) }
    }

    private func serve(_ subscriber: StreamSubscriber, writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(try await heads(of: subscriber.device))
        var iterator = subscriber.makeIterator()
        while let next = await subscriber.next(&iterator) {
            switch next {
            case .messages(let messages): try await writer.write(messages)
            case .heads: try await writer.write(try await heads(of: subscriber.device))
            }
        }
    }

    private func heads(of device: DeviceID) async throws -> ByteBuffer {
        try StreamMessage.heads(try await relay.heads(of: device))
    }
}
