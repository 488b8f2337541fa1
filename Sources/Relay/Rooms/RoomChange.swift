import Escalation
import RelayAPI
import Terms

/// What a transition asks a storage engine to write, in this order and in one transaction. The end of the log and the number
/// of released steps it takes from the transition's ``RoomTransition/room``.
enum RoomChange: Sendable, Hashable {
    /// The next entry.
    case entry(Entry)
    /// A commit's header was taken, and what it leaves.
    case commit(TakenCommit)
    /// A device has said that it cannot use the commit of that number [R4].
    case fault(UInt64, by: DeviceID)
    /// A device wrote a message or a commit in an incident room, at that time.
    case wrote(DeviceID, at: Timestamp)
    /// What is known of a member now, but for the Welcomes that wait for it.
    case member(DeviceID, Membership)
    /// A Welcome that waits for these devices: the room's entry `seq` adds them. Withheld until they are called.
    case welcome([UInt8], for: [DeviceID], at: Entry)
    /// A device cannot use the Welcome of the commit of that number: it is forgotten for this device [R14].
    case failed(UInt64, for: DeviceID)
    /// What waits for a device that was removed is of no use any more.
    case dropWelcomes(of: [DeviceID])
    /// These members are called: what waits for them is handed out.
    case call([DeviceID])
    /// Whoever is a member does not know all that comes, whatever they said before.
    case unsettled
    /// The page as it is now, and when its timers next have something to do, by the most reading of the
    /// relay's time.
    case page(Page, due: Elapsed?)
    /// An ended page's hour is over: withheld Welcomes are destroyed, and with them who was never called [R12].
    case closed(at: Moment)
}
