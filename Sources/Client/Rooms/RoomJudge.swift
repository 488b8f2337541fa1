import CallList
import Foundation
import MLS
import RelayAPI
import Terms

/// Judges leaves and commits under the call list that the room's policy pins, at the entry's relay time [R1]: the rules, in
/// their order. What each of them says stands in `Rules/`.
struct RoomJudge: Judge {
    /// What is being judged.
    enum Occasion: Sendable {
        /// My own new room: the one commit that a sensor may make [R5].
        case creating
        /// A group that I was invited to.
        case joining
        /// An entry of the log, with the header that it came with, in the epoch that this device is in.
        case following(CommitHeader, in: RoomEpoch)
    }

    /// Where a room is before a commit.
    struct RoomEpoch: Sendable {
        /// The number of the commit that began the epoch.
        let commit: UInt64
        let members: Set<DeviceID>
        /// Devices that have said that they cannot use a commit of the room [R4]; nil where this device came in later than some
        /// may have said so, and leaves that to those who were there.
        var faulters: Set<DeviceID>? = []
        /// When devices last wrote in the room, by the relay. Of what was before this device came in it knows nothing, and leaves
        /// that to the relay, which judges a header by the same.
        var written: [DeviceID: Timestamp] = [:]
        /// The relay's time of the commit's entry, or what it is expected to be.
        var entryTime = Timestamp(milliseconds: 0)
    }

    let room: RoomID
    let lists: KnownCallLists
    /// The earlier of the entry's relay time and the time that its author signed, where there is one [R1].
    let time: Date
    let occasion: Occasion

    // MARK: Leaves

    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {
        let policy = try RoomPolicy(in: context.extensions)
        try ListedDeviceRule.check(leaf, under: lists.list(policy.pin).list, at: time)
    }

    /// Checks who is in a room that this device was invited to, and who leads it, before it is used [R6].
    /// - Throws: ``Rejection``, ``MissingCallList``.
    /// - Parameter predecessor: the room that it says it succeeds, where this device has a place in that.
    func judge(
        whole group: Group, policy: RoomPolicy, after predecessor: SuccessionRule.Predecessor? = nil
    ) throws {
        guard policy.kind == .incident else { return }
        try SuccessionRule.check(group, policy, after: predecessor)
        let known = try lists.list(policy.pin)
        try LeadersRule.check(policy, in: group.devices, under: known)
        for member in group.members { try ClearanceRule.check(member.leaf, for: policy, under: known) }
    }

    // MARK: Commits

    func judge(commit: CommitFacts) throws {
        let change = try RoomChange(commit, in: occasion.present(with: commit.committer.leaf))
        try judge(change)
        let after = try lists.list(change.after.pin)
        for member in commit.updated { try ListedDeviceRule.check(member.leaf, under: after.list, at: time) }
        if let leaf = commit.committerUpdate { try SameAuthorRule.check(leaf, replacing: change.committer) }
        if case .following(let header, let epoch) = occasion {
            try HeaderRule.check(header, signed: commit.authenticatedData, for: change, parent: epoch.commit)
        }
    }

    /// All that depends on the room, the call lists and the time. An own commit comes here twice: when it is made, and when
    /// the log has it, because the time that counts is the entry's and everybody must come to one verdict [R1].
    func judge(_ change: RoomChange) throws {
        try FixedPolicyRule.check(change)
        try PinForwardRule.check(change)
        // All is judged by what the room knows from the commit on, its author too: nobody pins a list that has them out.
        let after = try lists.list(change.after.pin)
        let (isByLead, isByTaker) = (try change.isByLead(), try change.isByTaker())
        let isReturn = try occasion.allowsReturn(by: change)
        let author = try ListedDeviceRule.check(change.committer, under: after.list, at: time)
        try SensorRule.check(author, on: occasion)
        for leaf in change.added { try ListedDeviceRule.check(leaf, under: after.list, at: time) }
        try LeadersRule.check(change, on: occasion, under: after)
        try TakeoverRule.check(change, in: room, on: occasion, under: after, at: time)
        try PageMembersRule.check(change, on: occasion)
        try LeadRightsRule.check(change, isByLead: isByLead || isByTaker || isReturn, on: occasion)
        try ClearanceRule.check(change, under: after)
        let agreed = try TakeoverRule.agreedRemovals(of: change, in: room, on: occasion, under: after, at: time)
        try RemovalRule.check(
            change, isByLead: isByLead || isReturn, agreed: agreed, on: occasion, under: after.list, at: time)
    }
}

extension RoomJudge.Occasion {
    /// Whether the room has no log yet, so that its maker's word is the first.
    var isFounding: Bool {
        if case .creating = self { return true }
        return false
    }

    /// Whether a commit gives a leading device its place back, which anybody may [R8].
    func allowsReturn(by change: RoomChange) throws(Rejection) -> Bool {
        guard case .following(_, let epoch) = self, let device = try change.returnedLead() else { return false }
        return epoch.faulters?.contains(device) ?? true
    }

    /// Who is in the room before a commit.
    fileprivate func present(with committer: LeafNode) throws(Rejection) -> Set<DeviceID> {
        switch self {
        case .creating: [try committer.deviceID()]
        case .joining: []
        case .following(_, let epoch): epoch.members
        }
    }
}
