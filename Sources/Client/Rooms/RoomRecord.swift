import MLS
import Terms

/// A room with its secrets.
struct RoomRecord: Sendable {
    var head: RoomHead
    /// Nil once the room is closed or this device was removed: the secrets are gone.
    var group: Group?

    var room: RoomID { head.room }
    var kind: RoomKind { head.kind }
    /// What a commit is judged against.
    func epoch(of group: Group) -> RoomJudge.RoomEpoch {
        RoomJudge.RoomEpoch(commit: head.epochCommit, members: group.devices)
    }
    /// The highest epoch that this device has had here, in whichever of its times as a member.
    var highestEpoch: UInt64 { max(head.highestEpoch, group?.epoch.value ?? 0) }
}
