import Foundation
import NIOCore
import RelayAPI
import Synchronization
import Terms
import WireFormat

/// One open stream: a short queue of entries. What does not fit is dropped and replaced by "look for yourself".
final class StreamSubscriber: Sendable {
    enum Event: Sendable, Hashable {
        /// All that waited, as it goes over the wire: one write for however many there are.
        case messages(ByteBuffer)
        /// Something changed that one entry cannot tell, or entries were dropped.
        case heads
    }

    /// Bytes that wait for one stream.
    static let backlogBytes = 4 << 20

    private struct State {
        /// One behind the other.
        var messages = ByteBuffer()
        var count = 0
        /// Then no messages: the heads tell all.
        var needsHeads = false
        var isClosed = false

        mutating func dropForHeads() {
            clear()
            needsHeads = true
        }

        mutating func clear() {
            messages = ByteBuffer()
            count = 0
            needsHeads = false
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
            let bytes = state.messages.readableBytes + message.readableBytes
            guard state.count < backlog, bytes <= Self.backlogBytes else { return state.dropForHeads() }
            // The first is shared with the other streams that are told of it, until a second comes.
            if state.count == 0 { state.messages = message } else { state.messages.writeImmutableBuffer(message) }
            state.count += 1
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
            guard !state.isClosed, !state.needsHeads, state.count == 0 else { return }
            state.messages = StreamMessage.keepAlive
            state.count = 1
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

    /// Waits for what comes next, and takes all of it; nil once closed.
    func next(_ iterator: inout AsyncStream<Void>.AsyncIterator) async -> Event? {
        while true {
            let (event, isClosed) = state.withLock { state -> (Event?, Bool) in
                defer { state.clear() }
                if state.needsHeads { return (.heads, state.isClosed) }
                return (state.count == 0 ? nil : .messages(state.messages), state.isClosed)
            }
            guard !isClosed else { return nil }
            if let event { return event }
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
