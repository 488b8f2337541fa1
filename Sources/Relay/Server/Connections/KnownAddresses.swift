import Foundation
import Synchronization
import Terms

/// Addresses from which devices of the call list authenticated within a day: they go before strangers [R19]. Bounded in all and
/// for each device, so that one device with many addresses does not crowd out the others'.
final class KnownAddresses: Sendable {
    static let lifetime: TimeInterval = 86_400
    static let perDevice = 8
    static let most = 16_384

    private struct Known {
        var devices: [DeviceID: [ClientAddress: Date]] = [:]
        /// The last time that any device was seen there.
        var seen: [ClientAddress: Date] = [:]
    }

    private let known = Mutex(Known())

    /// A device that authenticated came from here.
    func note(_ address: ClientAddress, of device: DeviceID, at now: Date) {
        known.withLock { known in
            known.seen[address] = now
            var places = known.devices[device] ?? [:]
            places[address] = now
            if places.count > Self.perDevice, let oldest = places.min(by: { $0.value < $1.value })?.key {
                places[oldest] = nil
                Self.forget(oldest, besides: device, in: &known)
            }
            known.devices[device] = places
            if known.seen.count > Self.most { Self.forgetOutdated(at: now, in: &known) }
        }
    }

    func isKnown(_ address: ClientAddress, at now: Date) -> Bool {
        known.withLock { known in
            known.seen[address].map { now.timeIntervalSince($0) < Self.lifetime } ?? false
        }
    }

    var count: Int { known.withLock { $0.seen.count } }

    /// No longer known, unless another device came from there.
    private static func forget(_ address: ClientAddress, besides device: DeviceID, in known: inout Known) {
        let isOthers = known.devices.contains { $0.key != device && $0.value[address] != nil }
        if !isOthers { known.seen[address] = nil }
    }

    /// What is older than a day; where that is not enough, the older half.
    private static func forgetOutdated(at now: Date, in known: inout Known) {
        var start = now.addingTimeInterval(-lifetime)
        if known.seen.count(where: { $0.value >= start }) > most / 2 {
            start = known.seen.values.sorted()[known.seen.count / 2]
        }
        known.seen = known.seen.filter { $0.value >= start }
        known.devices = known.devices.mapValues { $0.filter { $0.value >= start } }.filter { !$0.value.isEmpty }
    }
}
