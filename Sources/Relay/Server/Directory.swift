import CallList
import RelayAPI
import Synchronization
import Terms

/// The current call list: who may do anything here. Every request asks it, so a revocation holds at once.
final class Directory: Sendable {
    private let current: Mutex<CallList>
    /// Some that rooms are still pinned to.
    private let earlier = Mutex<[CallList]>([])
    /// How many of those are held in memory: rooms move on with their next commit.
    private static let heldLists = 8

    init(_ list: CallList) { current = Mutex(list) }

    var list: CallList { current.withLock { $0 } }

    /// Goes forward only: of two that were stored one after the other, the later stays.
    func replace(with list: CallList) {
        current.withLock { if list.version > $0.version { $0 = list } }
    }

    /// An earlier list, where it is held.
    func earlier(_ version: UInt64) -> CallList? {
        earlier.withLock { $0.first { $0.version == version } }
    }

    /// Holds a verified list that the relay had before, in place of the one held longest.
    func keep(earlier list: CallList) {
        earlier.withLock { lists in
            lists.removeAll { $0.version == list.version }
            lists = Array(lists.suffix(Self.heldLists - 1)) + [list]
        }
    }

    /// - Throws: `deviceUnknown` where it is not on the list, or its time is over for certain [R18].
    func device(_ id: DeviceID, at now: Moment) throws(Problem) -> Device {
        guard let device = list.device(id), device.expires > now.earliest.date else { throw .deviceUnknown }
        return device
    }
}
