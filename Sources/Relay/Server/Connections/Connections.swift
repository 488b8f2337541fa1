import Foundation
import NIOCore
import RelayAPI
import Synchronization
import Terms

/// All open connections, and who has to go where there are too many [R19]. A device's count for the device, wherever it is; those
/// that have not shown a token yet count for their address. Where there is no more room a newcomer takes the place of one
/// without a session: its address' own, or a stranger's. So nobody keeps others out by holding connections and saying nothing.
final class Connections: Sendable {
    private struct Held {
        let channel: any Channel
        let address: ClientAddress
        let opened: NIODeadline
        var device: DeviceID?
        var isBusy = false
    }

    private struct State {
        var held: [ObjectIdentifier: Held] = [:]
        /// Those without a session.
        var open: [ClientAddress: Set<ObjectIdentifier>] = [:]
        var devices: [DeviceID: Set<ObjectIdentifier>] = [:]
    }

    /// How many there may be in all.
    let most: Int
    private let perAddress: Int
    private let perDevice: Int
    private let rate: RateLimiter<ClientAddress>
    private let known: KnownAddresses
    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    /// Whoever got here less long ago may still be at its handshake.
    private static let grace = TimeAmount.seconds(1)

    /// - Parameter descriptors: that the process may have.
    init(limits: RelayLimits, descriptors: Int, known: KnownAddresses, now: @escaping @Sendable () -> Date) {
        most = Self.most(limits.connections, descriptors: descriptors)
        perAddress = limits.connectionsPerAddress
        perDevice = limits.connectionsPerDevice
        rate = RateLimiter(perSecond: limits.connectsPerSecond, burst: limits.connectBurst)
        self.known = known
        self.now = now
    }

    /// As many as are configured, but well below what the process may have open: the database, its readers and the event loops
    /// need some, and end the process where they get none.
    static func most(_ configured: Int, descriptors: Int) -> Int {
        max(1, min(configured, descriptors - reservedDescriptors - AcceptGuard.slack))
    }

    /// The database has about 20, event loops and what the runtime makes late another 20.
    static let reservedDescriptors = 96

    // MARK: Coming and going

    /// - Returns: whether the connection may go on. Whoever had to make room for it is closed.
    func admit(_ channel: any Channel) -> Bool {
        let (id, address, time) = (ObjectIdentifier(channel), ClientAddress(channel.remoteAddress), now())
        guard (try? rate.take(address, at: time)) != nil else { return false }
        let isKnown = known.isKnown(address, at: time)
        let (isAdmitted, displaced) = state.withLock { state -> (Bool, Held?) in
            var displaced: Held?
            if state.open[address, default: []].count >= perAddress {
                displaced = takeOut(of: state.open[address] ?? [], &state)
            } else if state.held.count >= most {
                displaced = takeOut(of: strangers(in: state, at: time), &state)
                if displaced == nil, isKnown {
                    displaced = takeOut(of: state.open.values.reduce(into: []) { $0.formUnion($1) }, &state)
                }
                guard displaced != nil else { return (false, nil) }
            }
            state.held[id] = Held(channel: channel, address: address, opened: .now())
            state.open[address, default: []].insert(id)
            return (true, displaced)
        }
        if let displaced { HardClose.close(displaced.channel) }
        // The one who gives its place back, however it ends.
        if isAdmitted { channel.closeFuture.whenComplete { _ in self.remove(id) } }
        return isAdmitted
    }

    private func remove(_ id: ObjectIdentifier) {
        state.withLock { state in
            if let held = state.held.removeValue(forKey: id) { Self.uncount(id, held, in: &state) }
        }
    }

    private static func uncount(_ id: ObjectIdentifier, _ held: Held, in state: inout State) {
        if let device = held.device {
            state.devices[device]?.remove(id)
            if state.devices[device]?.isEmpty == true { state.devices[device] = nil }
        } else {
            state.open[held.address]?.remove(id)
            if state.open[held.address]?.isEmpty == true { state.open[held.address] = nil }
        }
    }

    // MARK: Making room

    private func strangers(in state: State, at time: Date) -> Set<ObjectIdentifier> {
        state.open.reduce(into: []) { strangers, open in
            if !known.isKnown(open.key, at: time) { strangers.formUnion(open.value) }
        }
    }

    /// The oldest, where it had its time; else any of them, so that a flood does not push out each newcomer by the next.
    private func takeOut(of candidates: Set<ObjectIdentifier>, _ state: inout State) -> Held? {
        let oldest = candidates.min { earlier, later in
            (state.held[earlier]?.opened ?? .distantFuture) < (state.held[later]?.opened ?? .distantFuture)
        }
        guard let oldest, let opened = state.held[oldest]?.opened else { return nil }
        let chosen = opened + Self.grace < .now() ? oldest : candidates.randomElement() ?? oldest
        guard let held = state.held.removeValue(forKey: chosen) else { return nil }
        Self.uncount(chosen, held, in: &state)
        return held
    }

    // MARK: Requests

    /// A device has shown its token on this connection: it counts for the device from now on.
    /// - Throws: `rateLimited` where the device has too many at once, and none that waits for nothing.
    func belongs(_ channel: any Channel, to device: DeviceID) throws(Problem) {
        let id = ObjectIdentifier(channel)
        let time = now()
        var isRoom = true
        let displaced = state.withLock { state -> Held? in
            // What was closed meanwhile counts for nobody.
            guard var held = state.held[id] else { return nil }
            held.isBusy = true
            guard held.device != device else {
                state.held[id] = held
                return nil
            }
            let others = state.devices[device] ?? []
            var displaced: Held?
            if others.count >= perDevice {
                displaced = takeOut(of: others.filter { state.held[$0]?.isBusy == false }, &state)
                guard displaced != nil else {
                    isRoom = false
                    return nil
                }
            }
            Self.uncount(id, held, in: &state)
            held.device = device
            state.held[id] = held
            state.devices[device, default: []].insert(id)
            return displaced
        }
        if let displaced { HardClose.close(displaced.channel) }
        guard isRoom else { throw .tooMuchAtOnce }
        known.note(ClientAddress(channel.remoteAddress), of: device, at: time)
    }

    /// A request was answered.
    /// - Returns: whether a device has shown its token on the connection.
    func isIdle(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.held[ObjectIdentifier(channel)]?.isBusy = false
            return state.held[ObjectIdentifier(channel)]?.device != nil
        }
    }
}
