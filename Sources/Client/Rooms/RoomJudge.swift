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
        /// An entry of the log, with the header that it came with.
        case following(CommitHeader)
    }

    let room: RoomID
    let lists: KnownCallLists
    let time: Date
    let occasion: Occasion

    // MARK: Leaves

    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {
        let policy = try RoomPolicy(in: context.extensions)
        try ListedDeviceRule.check(leaf, under: lists.list(policy.pin).list, at: time)
    }

    /// Checks who is in a room that this device was invited to, and who leads it, before it is used [R6].
    /// - Throws: ``Rejection``, ``MissingCallList``.
    func judge(whole group: Group, policy: RoomPolicy) throws {
        guard policy.kind == .incident else { return }
        let known = try lists.list(policy.pin)
        try LeadersRule.check(policy, under: known)
        for member in group.members { try ClearanceRule.check(member.leaf, for: policy, under: known) }
    }

    // MARK: Commits

    func judge(commit: CommitFacts) throws {
        let change = try RoomChange(commit)
        try judge(change)
        let after = try lists.list(change.after.pin)
        for member in commit.updated { try ListedDeviceRule.check(member.leaf, under: after.list, at: time) }
        if let leaf = commit.committerUpdate { try SameAuthorRule.check(leaf, replacing: change.committer) }
        if case .following(let header) = occasion {
            try HeaderRule.check(header, signed: commit.authenticatedData, for: change)
        }
    }

    /// All that depends on the room, the call lists and the time. An own commit comes here twice: when it is made, and when
    /// the log has it, because the time that counts is the entry's and everybody must come to one verdict [R1].
    func judge(_ change: RoomChange) throws {
        try FixedPolicyRule.check(change)
        try PinForwardRule.check(change)
        // The author is judged by what the room knew before the commit, all else by what it knows from the commit on.
        let before = try lists.list(change.before.pin)
        let after = try lists.list(change.after.pin)
        let isByLead = try change.isByLead(under: before)
        let author = try ListedDeviceRule.check(change.committer, under: before.list, at: time)
        try SensorRule.check(author, on: occasion)
        for leaf in change.added { try ListedDeviceRule.check(leaf, under: after.list, at: time) }
        try LeadersRule.check(change, on: occasion, under: after)
        try PageMembersRule.check(change, on: occasion)
        try LeadRightsRule.check(change, isByLead: isByLead, on: occasion)
        try ClearanceRule.check(change, under: after)
        try RemovalRule.check(change, isByLead: isByLead, on: occasion, under: after.list, at: time)
    }
}

extension RoomJudge.Occasion {
    /// Whether the room has no log yet, so that its maker's word is the first.
    var isFounding: Bool {
        if case .creating = self { return true }
        return false
    }
}
