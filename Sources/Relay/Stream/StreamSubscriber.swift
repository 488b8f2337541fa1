import Foundation
import NIOCore
import RelayAPI
import Synchronization
import Terms
import WireFormat

/// One open stream: a short queue of entries. What does not fit is dropped and replaced by "look for yourself".
final class StreamSubscriber: Sendable {
    enum Event: Sendable, Hashable {
        /// As it goes over the wire.
        case message(ByteBuffer)
        /// Something changed that one entry cannot tell, or entries were dropped.
        case heads
    }

    /// Bytes that wait for one stream.
    static let backlogBytes = 4 << 20

    private struct State {
        var messages: [ByteBuffer] = []
        var bytes = 0
        /// Then no messages: the heads tell all.
        var needsHeads = false
        var isClosed = false

        mutating func dropForHeads() {
            messages = []
            bytes = 0
            needsHeads = true
        }
    }

    let device: DeviceID
    private let backlog: Int
    private let state = Mutex(State())
    private let signal: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(device: DeviceID, backlog: Int) {
        self.device = device
        self.backlog = backlog
        (signal, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func push(_ message: ByteBuffer) {
        state.withLock { state in
            guard !state.isClosed, !state.needsHeads else { return }
            guard state.messages.count < backlog, state.bytes + message.readableBytes <= Self.backlogBytes else {
                return state.dropForHeads()
            }
            state.messages.append(message)
            state.bytes += message.readableBytes
        }
        wake.yield()
    }

    func pushHeads() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.dropForHeads()
        }
        wake.yield()
    }

    /// Something to send, where nothing else waits.
    func keepAlive() {
        state.withLock { state in
            guard !state.isClosed, !state.needsHeads, state.messages.isEmpty else { return }
            state.messages = [StreamMessage.keepAlive]
        }
        wake.yield()
    }

    func close() {
        state.withLock { state in
            state.dropForHeads()
            state.isClosed = true
        }
        wake.finish()
    }

    /// Waits for what comes next; nil once closed.
    func next(_ iterator: inout AsyncStream<Void>.AsyncIterator) async -> [Event]? {
        while true {
            let batch: [Event]? = state.withLock { state in
                guard !state.isClosed else { return nil }
                defer {
                    state.messages = []
                    state.bytes = 0
                    state.needsHeads = false
                }
                return state.needsHeads ? [.heads] : state.messages.map { .message($0) }
            }
            guard let batch else { return nil }
            if !batch.isEmpty { return batch }
            guard await iterator.next() != nil else { return nil }
        }
    }

    func makeIterator() -> AsyncStream<Void>.AsyncIterator { signal.makeAsyncIterator() }
}

/// The messages of GET /v1/stream, as Server-Sent Events.
enum StreamMessage {
    static let keepAlive = ByteBuffer(string: ": still here\n\n")

    static func entry(_ room: RoomID, _ entry: Entry) -> ByteBuffer {
        event("entry", Data(room.bytes + entry.encoded).base64EncodedString())
    }

    static func heads(_ heads: Heads) throws -> ByteBuffer {
        event("heads", String(decoding: try JSONEncoder().encode(heads), as: UTF8.self))
    }

    private static func event(_ name: String, _ data: String) -> ByteBuffer {
        ByteBuffer(string: "event: \(name)\ndata: \(data)\n\n")
    }
}
