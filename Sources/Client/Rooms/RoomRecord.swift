import MLS
import Terms

/// A room with its secrets.
struct RoomRecord: Sendable {
    var head: RoomHead
    /// Of the newest epoch that this device can use. Nil once the room is closed, this device was removed, or it lost its place:
    /// the secrets are gone.
    var group: Group?
    /// Which commits count, as far as the log has decided [R4]. Earlier epochs that may still count are the vault's to keep.
    var order: CommitOrder

    /// - Parameter order: nil where the commit that began the epoch stands, and none is after it.
    init(head: RoomHead, group: Group? = nil, order: CommitOrder? = nil) {
        self.head = head
        self.group = group
        self.order = order ?? CommitOrder(settled: head.epochCommit)
    }

    var room: RoomID { head.room }
    var kind: RoomKind { head.kind }
    /// The highest epoch that this device has had here, in whichever of its times as a member.
    var highestEpoch: UInt64 { max(head.highestEpoch, group?.epoch.value ?? 0) }
}
