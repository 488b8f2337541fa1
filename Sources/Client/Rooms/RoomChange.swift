import CallList
import MLS
import RelayAPI
import Terms

/// What a commit does to a room.
struct RoomChange: Sendable {
    let before: RoomPolicy
    let after: RoomPolicy
    /// As it was.
    let committer: LeafNode
    let added: [LeafNode]
    let removed: [LeafNode]
}

extension RoomChange {
    init(_ commit: CommitFacts) throws(Rejection) {
        self.init(
            before: try RoomPolicy(in: commit.context.extensions), after: try RoomPolicy(in: commit.extensionsAfter),
            committer: commit.committer.leaf, added: commit.added.map(\.leaf), removed: commit.removed.map(\.leaf))
    }

    /// An own commit, from the states before and after it.
    init(own header: CommitHeader, from group: Group, to next: Group) throws(Rejection) {
        let before = try RoomPolicy(in: group.context.extensions)
        let after = try RoomPolicy(in: next.context.extensions)
        guard let own = group.member(at: group.ownIndex) else { throw Rejection("one's own leaf is missing") }
        let (adds, removes) = (Set(header.adds.map(\.bytes)), Set(header.removes.map(\.bytes)))
        self.init(
            before: before, after: after, committer: own,
            added: next.members.map(\.leaf).filter { $0.identity.map { adds.contains($0) } ?? false },
            removed: group.members.map(\.leaf).filter { $0.identity.map { removes.contains($0) } ?? false })
    }

    /// Whether the policy is the same as before but for the pin.
    var keepsPolicy: Bool { after == before.pinned(to: after.pin) }

    /// Whether the committer is a device of somebody who led the room before. Nobody leads a page room.
    /// - Parameter known: the list pinned before.
    func isByLead(under known: KnownCallList) throws(Rejection) -> Bool {
        let author = try committer.deviceID()
        guard before.kind == .incident, let member = known.team?.member(of: author) else { return false }
        return before.leads.contains(member.id)
    }
}

extension LeafNode {
    /// The device that the leaf says it is.
    func deviceID() throws(Rejection) -> DeviceID {
        guard let identity, let id = DeviceID(identity) else { throw Rejection("a leaf's identity is no device") }
        return id
    }
}
