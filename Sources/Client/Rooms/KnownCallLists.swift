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

/// All call lists that this device accepted, verified once and kept for the life of the process. Another process of the
/// same profile may accept more: see `Client.refreshCallLists`.
final class KnownCallLists: Sendable {
    private let lists = Mutex<[UInt64: KnownCallList]>([:])

    func list(_ pin: RoomPolicy.Pin) throws -> KnownCallList {
        guard let known = lists.withLock({ $0[pin.version] }) else { throw MissingCallList(pin: pin) }
        guard known.pin == pin else {
            throw Rejection("the room is pinned to another call list \(pin.version) than this device has")
        }
        return known
    }

    var newest: KnownCallList? { lists.withLock { lists in lists.max { $0.key < $1.key }?.value } }

    var all: [KnownCallList] { lists.withLock { Array($0.values) } }

    func list(version: UInt64) -> CallList? { lists.withLock { $0[version]?.list } }

    func insert(_ known: KnownCallList) { lists.withLock { $0[known.list.version] = known } }
}
