import CallList
import RelayAPI
import Synchronization
import Terms

/// The current call list: who may do anything here. Every request asks it, so a revocation holds at once.
final class Directory: Sendable {
    private let current: Mutex<CallList>

    init(_ list: CallList) { current = Mutex(list) }

    var list: CallList { current.withLock { $0 } }

    /// Goes forward only: of two that were stored one after the other, the later stays.
    func replace(with list: CallList) {
        current.withLock { if list.version > $0.version { $0 = list } }
    }

    /// - Throws: `deviceUnknown` where it is not on the list, or its time is over.
    func device(_ id: DeviceID, at now: Timestamp) throws(Problem) -> Device {
        guard let device = list.device(id), device.expires > now.date else { throw .deviceUnknown }
        return device
    }
}
