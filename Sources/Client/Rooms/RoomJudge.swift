import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Judges leaves and commits under the call list that the room's policy pins, at the entry's relay time [R1].
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
        try check(leaf, under: lists.list(policy.pin))
    }

    private func check(_ leaf: LeafNode, under known: KnownCallList) throws {
        guard let identity = leaf.identity, let id = DeviceID(identity), let device = known.list.device(id) else {
            throw Rejection("a member's device is not on call list \(known.list.version)")
        }
        guard device.mlsKey.bytes == leaf.signatureKey else {
            throw Rejection("device \(id.short) uses a key that is not on call list \(known.list.version)")
        }
        guard device.expires > time else { throw Rejection("device \(id.short) has expired") }
    }

    // MARK: Commits

    func judge(commit: CommitFacts) throws {
        let change = try RoomChange(commit)
        try judge(change)
        let newKnown = try lists.list(change.after.pin)
        for member in commit.updated { try check(member.leaf, under: newKnown) }
        if let leaf = commit.committerUpdate { try check(leaf, sameIdentityAs: commit.committer.leaf) }
        if case .following(let header) = occasion { try check(header, against: commit, pin: change.after.pin) }
    }

    /// All that depends on the room, the call lists and the time. An own commit comes here twice: when it is made, and when
    /// the log has it, because the time that counts is the entry's and everybody must come to one verdict [R1].
    func judge(_ change: RoomChange) throws {
        try checkPolicy(before: change.before, after: change.after)
        let known = try lists.list(change.before.pin)
        let newKnown = try lists.list(change.after.pin)
        let committer = try deviceID(change.committer)
        try check(change.committer, under: known)
        guard let device = known.list.device(committer) else {
            throw Rejection("the committer is not on the call list")
        }
        if device.kind == .sensor {
            guard case .creating = occasion else { throw Rejection("a sensor never commits [R5]") }
        }
        for leaf in change.added { try check(leaf, under: newKnown) }
        try checkRights(change, committer: committer, known: known, newKnown: newKnown)
    }

    /// What never changes, and that the pin only moves forward.
    private func checkPolicy(before: RoomPolicy, after: RoomPolicy) throws(Rejection) {
        guard before.kind == after.kind, before.incident == after.incident,
            before.compartment == after.compartment, before.homeRelay == after.homeRelay
        else { throw Rejection("a commit changes what never changes in a room's policy") }
        guard after.pin.version > before.pin.version || after.pin == before.pin else {
            throw Rejection("a commit moves the room back to an older call list")
        }
    }

    private func checkRights(
        _ change: RoomChange, committer: DeviceID, known: KnownCallList, newKnown: KnownCallList
    ) throws {
        let (before, after) = (change.before, change.after)
        if after.kind == .incident, after.leads != before.leads {
            try checkLeads(of: after, under: newKnown)
        }
        if case .creating = occasion {
            guard before.kind == .incident else { return }
            try checkLeads(of: after, under: newKnown)
            for leaf in change.added { try checkClearance(of: leaf, for: after, under: newKnown) }
            return
        }
        if before.kind == .page {
            guard change.added.isEmpty, after == before.pinned(to: after.pin) else {
                throw Rejection("nobody is added to a page room, and its policy stays")
            }
            return try checkRemovals(change.removed, under: newKnown)
        }
        let member = known.team?.member(of: committer)
        let isLead = member.map { before.leads.contains($0.id) } ?? false
        guard isLead || (change.added.isEmpty && after == before.pinned(to: after.pin)) else {
            throw Rejection("only a lead adds people or changes the policy [R6]")
        }
        for leaf in change.added { try checkClearance(of: leaf, for: after, under: newKnown) }
        if !isLead { try checkRemovals(change.removed, under: newKnown) }
    }

    /// Who is no lead may remove only what the call list has revoked or let expire [R6].
    private func checkRemovals(_ removed: [LeafNode], under known: KnownCallList) throws {
        for leaf in removed where (try? check(leaf, under: known)) != nil {
            throw Rejection("only a lead removes somebody who is on the call list [R6]")
        }
    }

    private func check(_ leaf: LeafNode, sameIdentityAs old: LeafNode) throws(Rejection) {
        guard leaf.credential == old.credential, leaf.signatureKey == old.signatureKey else {
            throw Rejection("a commit changes its author's identity")
        }
    }

    /// The clear, signed header must say just what the commit does [R3].
    private func check(_ header: CommitHeader, against commit: CommitFacts, pin: RoomPolicy.Pin) throws(Rejection) {
        guard commit.authenticatedData == header.encoded else {
            throw Rejection("a commit's header is not the one that was signed [R3]")
        }
        let adds = try Set(commit.added.map { (member) throws(Rejection) in try deviceID(member.leaf) })
        let removes = try Set(commit.removed.map { (member) throws(Rejection) in try deviceID(member.leaf) })
        guard Set(header.adds) == adds, Set(header.removes) == removes, header.callListVersion == pin.version,
            header.callListDigest == pin.digest
        else { throw Rejection("a commit does something else than its header says [R3]") }
    }

    func deviceID(_ leaf: LeafNode) throws(Rejection) -> DeviceID {
        guard let identity = leaf.identity, let id = DeviceID(identity) else {
            throw Rejection("a leaf's identity is no device")
        }
        return id
    }
}

/// What a commit does to a room.
struct RoomChange: Sendable {
    let before: RoomPolicy
    let after: RoomPolicy
    /// As it was.
    let committer: LeafNode
    let added: [LeafNode]
    let removed: [LeafNode]

    init(_ commit: CommitFacts) throws(Rejection) {
        before = try RoomPolicy(in: commit.context.extensions)
        after = try RoomPolicy(in: commit.extensionsAfter)
        committer = commit.committer.leaf
        added = commit.added.map(\.leaf)
        removed = commit.removed.map(\.leaf)
    }

    /// An own commit, from the states before and after it.
    init(own header: CommitHeader, from group: Group, to next: Group) throws(Rejection) {
        before = try RoomPolicy(in: group.context.extensions)
        after = try RoomPolicy(in: next.context.extensions)
        guard let own = group.member(at: group.ownIndex) else { throw Rejection("one's own leaf is missing") }
        committer = own
        let (adds, removes) = (Set(header.adds.map(\.bytes)), Set(header.removes.map(\.bytes)))
        added = next.members.map(\.leaf).filter { $0.identity.map { adds.contains($0) } ?? false }
        removed = group.members.map(\.leaf).filter { $0.identity.map { removes.contains($0) } ?? false }
    }
}
