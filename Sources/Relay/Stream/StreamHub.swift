import CallList
import NIOCore
import RelayAPI
import Synchronization
import Terms

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
                let subscribers = subscribers(of: devices)
                guard !subscribers.isEmpty else { continue }
                // Written once, for all.
                let message = StreamMessage.entry(room, entry)
                for subscriber in subscribers { subscriber.push(message) }
            case .heads(let devices):
                for subscriber in subscribers(of: devices) { subscriber.pushHeads() }
            case .timers: continue
            }
        }
    }

    /// A new call list: who is not on it is cut off at once; the others are told.
    func apply(_ list: CallList) {
        for subscriber in all {
            if list.device(subscriber.device) == nil { unsubscribe(subscriber) } else { subscriber.pushHeads() }
        }
    }

    /// Something concerns everybody.
    func tellAll() {
        for subscriber in all { subscriber.pushHeads() }
    }

    /// - Parameter isAllowed: whether a device may still have streams; they are closed where not.
    func keepAlive(_ isAllowed: (DeviceID) -> Bool) {
        for subscriber in all {
            if isAllowed(subscriber.device) { subscriber.keepAlive() } else { unsubscribe(subscriber) }
        }
    }

    private var all: [StreamSubscriber] { streams.withLock { $0.values.flatMap(\.values) } }

    private func subscribers(of devices: [DeviceID]) -> [StreamSubscriber] {
        streams.withLock { streams in
            streams.isEmpty ? [] : devices.flatMap { streams[$0].map { Array($0.values) } ?? [] }
        }
    }
}
