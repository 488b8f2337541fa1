import Foundation
import NIOCore
import RelayAPI
import Synchronization
import Terms
import WireFormat

/// One open stream: a short queue of entries. What does not fit is dropped and replaced by "look for yourself".
final class StreamSubscriber: Sendable {
    enum Event: Sendable, Hashable {
        /// What waited, as it goes over the wire: one write for many of them.
        case messages(ByteBuffer)
        /// Something changed that one entry cannot tell, or entries were dropped.
        case heads
    }

    /// Bytes that wait for one stream.
    static let backlogBytes = 4 << 20
    /// Bytes that one write takes at most, beside a message that is longer.
    static let writeBytes = 256 << 10

    private struct State {
        /// Each shared with the other streams that are told of it: a thousand streams that stand still hold one copy.
        var messages: [ByteBuffer] = []
        var bytes = 0
        /// Then no messages: the heads tell all.
        var needsHeads = false
        var isClosed = false

        mutating func dropForHeads() {
            clear()
            needsHeads = true
        }

        mutating func clear() {
            messages = []
            bytes = 0
            needsHeads = false
        }

        /// What comes first, as far as one write takes it.
        mutating func takeFirst() -> [ByteBuffer] {
            var (end, taken) = (0, 0)
            while end < messages.count, end == 0 || taken + messages[end].readableBytes <= StreamSubscriber.writeBytes {
                taken += messages[end].readableBytes
                end += 1
            }
            defer {
                messages.removeFirst(end)
                bytes -= taken
            }
            return Array(messages.prefix(end))
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
            let bytes = state.bytes + message.readableBytes
            guard state.messages.count < backlog, bytes <= Self.backlogBytes else { return state.dropForHeads() }
            state.messages.append(message)
            state.bytes = bytes
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
            state.bytes = StreamMessage.keepAlive.readableBytes
        }
        wake.yield()
    }

    func close() {
        state.withLock { state in
            state.clear()
            state.isClosed = true
        }
        wake.finish()
    }

    /// Waits for what comes next, and takes of it what one write takes; nil once closed. It is joined here, in the stream's
    /// own task: whoever pushes holds up the database's writer.
    func next(_ iterator: inout AsyncStream<Void>.AsyncIterator) async -> Event? {
        while true {
            let (messages, needsHeads, isClosed) = state.withLock { state in
                defer { state.needsHeads = false }
                return (state.takeFirst(), state.needsHeads, state.isClosed)
            }
            guard !isClosed else { return nil }
            if needsHeads { return .heads }
            if let first = messages.first {
                return .messages(messages.dropFirst().reduce(into: first) { $0.writeImmutableBuffer($1) })
            }
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
