import CallList
import Foundation
import Sodium
import Synchronization

/// A verified call list, with the view of it that this device may open.
struct KnownCallList: Sendable {
    let list: CallList
    /// For a person's device.
    let team: TeamView?
    /// For a sensor.
    let route: SensorView?

    var pin: RoomPolicy.Pin {
        RoomPolicy.Pin(version: list.version, digest: Hexadecimal.decode(list.digest) ?? [])
    }
}

/// All call lists that this device took in, verified once and kept for the life of the process. Another process of the
/// same profile may take in more: see ``Trust/refresh()``.
final class KnownCallLists: Sendable {
    private struct Lists {
        var history = CallListHistory()
        /// By version: the history has no gap.
        var known: [UInt64: KnownCallList] = [:]
    }

    private let lists = Mutex(Lists())

    /// - Throws: ``MissingCallList`` where it is not known yet, ``Rejection`` where another of that version is.
    func list(_ pin: RoomPolicy.Pin) throws -> KnownCallList {
        guard let known = lists.withLock({ $0.known[pin.version] }) else { throw MissingCallList(pin: pin) }
        guard known.pin == pin else {
            throw Rejection("the room is pinned to another call list \(pin.version) than this device has")
        }
        return known
    }

    var newest: KnownCallList? {
        lists.withLock { lists in lists.history.newest.flatMap { lists.known[$0.version] } }
    }

    /// Newest first.
    var all: [KnownCallList] { lists.withLock { $0.known.values.sorted { $0.list.version > $1.list.version } } }

    func list(version: UInt64) -> CallList? { lists.withLock { $0.known[version]?.list } }

    /// With the team's part; nil where it is not known, or not for this device.
    func opened(_ version: UInt64) -> OpenedCallList? {
        guard let known = lists.withLock({ $0.known[version] }), let team = known.team else { return nil }
        return OpenedCallList(known.list, team: team)
    }

    var history: CallListHistory { lists.withLock { $0.history } }

    /// Takes over what is stored: the next, or one that another thread took over meanwhile.
    /// - Throws: where it does not follow.
    func insert(_ known: KnownCallList) throws(CallListError) {
        try lists.withLock { (lists) throws(CallListError) in
            guard lists.known[known.list.version] == nil else { return }
            try lists.history.take(known.list)
            lists.known[known.list.version] = known
        }
    }
}
