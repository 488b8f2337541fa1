import RelayAPI
import Terms

/// What happened that others must be told of. The store publishes it once it is durable, in the order of the commits.
enum Notice: Sendable, Hashable {
    /// Devices that may see this entry.
    case entry(RoomID, Entry, to: [DeviceID])
    /// Devices for which more changed than one entry: a Welcome, a released step, a closed room.
    case heads(to: [DeviceID])
    /// ``RelayStore/nextDue()`` may be another now.
    case timers

    var concernsTimers: Bool {
        if case .timers = self { true } else { false }
    }
}
