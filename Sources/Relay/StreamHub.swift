import CallList
import RelayAPI
import Synchronization

/// One open stream: a short queue of entries. What does not fit is dropped and replaced by "look for yourself".
final class StreamSubscriber: Sendable {
    enum Event: Sendable, Hashable {
        case entry(RoomID, Entry)
        /// Something changed that one entry cannot tell, or entries were dropped.
        case heads
        case keepAlive
    }

    private struct State {
        var queue: [Event] = []
        var isClosed = false
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

    func push(_ event: Event) {
        state.withLock { state in
            guard !state.isClosed, !state.queue.contains(.heads) || event == .keepAlive else { return }
            if event == .heads || state.queue.count >= backlog {
                state.queue = [.heads]
            } else if event != .keepAlive || state.queue.isEmpty {
                state.queue.append(event)
            }
        }
        wake.yield()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake.finish()
    }

    /// Waits for what comes next; nil once closed.
    func next(_ iterator: inout AsyncStream<Void>.AsyncIterator) async -> [Event]? {
        while true {
            let batch = state.withLock { state in
                defer { state.queue = [] }
                return state.isClosed ? nil : state.queue
            }
            guard let batch else { return nil }
            if !batch.isEmpty { return batch }
            guard await iterator.next() != nil else { return nil }
        }
    }

    func makeIterator() -> AsyncStream<Void>.AsyncIterator { signal.makeAsyncIterator() }
}

/// All open streams, by device.
final class StreamHub: Sendable {
    private let streams = Mutex<[DeviceID: [ObjectIdentifier: StreamSubscriber]]>([:])
    private let limits: RelayLimits

    init(limits: RelayLimits) { self.limits = limits }

    /// - Throws: `limitReached`.
    func subscribe(_ device: DeviceID) throws(Problem) -> StreamSubscriber {
        let subscriber = StreamSubscriber(device: device, backlog: limits.streamBacklog)
        let isRoom = streams.withLock { streams in
            guard streams[device, default: [:]].count < limits.streamsPerDevice else { return false }
            streams[device, default: [:]][ObjectIdentifier(subscriber)] = subscriber
            return true
        }
        guard isRoom else { throw .limitReached("a device has at most \(limits.streamsPerDevice) streams open") }
        return subscriber
    }

    func unsubscribe(_ subscriber: StreamSubscriber) {
        subscriber.close()
        streams.withLock { streams in
            streams[subscriber.device]?[ObjectIdentifier(subscriber)] = nil
            if streams[subscriber.device]?.isEmpty == true { streams[subscriber.device] = nil }
        }
    }

    func tell(_ notices: [Notice]) {
        for notice in notices {
            switch notice {
            case .entry(let room, let entry, let devices):
                for subscriber in subscribers(of: devices) { subscriber.push(.entry(room, entry)) }
            case .heads(let devices):
                for subscriber in subscribers(of: devices) { subscriber.push(.heads) }
            }
        }
    }

    /// A new call list: who is not on it is cut off at once; the others are told.
    func apply(_ list: CallList) {
        for subscriber in all {
            if list.device(subscriber.device) == nil { unsubscribe(subscriber) } else { subscriber.push(.heads) }
        }
    }

    /// - Parameter isAllowed: whether a device may still have streams; they are closed where not.
    func keepAlive(_ isAllowed: (DeviceID) -> Bool) {
        for subscriber in all {
            if isAllowed(subscriber.device) { subscriber.push(.keepAlive) } else { unsubscribe(subscriber) }
        }
    }

    private var all: [StreamSubscriber] { streams.withLock { $0.values.flatMap(\.values) } }

    private func subscribers(of devices: [DeviceID]) -> [StreamSubscriber] {
        streams.withLock { streams in devices.flatMap { streams[$0].map { Array($0.values) } ?? [] } }
    }
}
