import Terms

/// A commit whose header was taken, and what it left.
struct TakenCommit: Sendable, Hashable {
    let seq: UInt64
    /// The commit in whose epoch it was written; 0 for the one that made the room.
    let parent: UInt64
    let author: DeviceID
    let view: RoomView
}

/// The commits of a room that may still be its present epoch's [R3]. The relay cannot tell which of them is valid: who has
/// to go on from one says so, by writing in its epoch. A commit stands once somebody else than its author did; what was
/// before it is over.
///
/// Nothing that the relay knows says whose device one is, so "somebody else" is another device: a person with two devices
/// can make their own commit stand. It gains them little. A header is judged by its parent, which no later commit changes,
/// and only a leading device's commit can have anybody out who is listed and in time.
struct CommitLedger: Sendable, Hashable {
    /// The last commit that stands.
    var stands: UInt64
    /// By their numbers: those from ``stands`` on, and the one that is asked for. None where nobody asked.
    var commits: [UInt64: TakenCommit] = [:]

    private var views: [RoomView] { commits.values.filter { $0.seq >= stands }.map(\.view) }

    /// Who may write and is delivered to: whoever is in the room by the commit that stands, or by one after it.
    var members: Set<DeviceID> { views.reduce(into: []) { $0.formUnion($1.members) } }

    /// Whose membership may change when somebody writes in the epoch of a commit: who is out by one of those that may still
    /// count, and who would come back by another that goes on from this one.
    func contested(from parent: UInt64) -> Set<DeviceID> {
        guard let first = views.first else { return [] }
        let (members, agreed) = (members, views.reduce(first.members) { $0.intersection($1.members) })
        return members.subtracting(agreed).union(commits[parent].map { $0.view.members.subtracting(members) } ?? [])
    }

    /// Somebody writes in the epoch of a commit.
    /// - Returns: who is out by that, each with the commit that had them out.
    mutating func write(in parent: UInt64, by device: DeviceID) -> [(device: DeviceID, removal: UInt64)] {
        guard parent > stands, let commit = commits[parent], commit.author != device else { return [] }
        let (before, chain) = (members, ancestry(of: commit))
        stands = parent
        return before.subtracting(members).sorted().map { gone in
            (gone, chain.prefix { !$0.view.members.contains(gone) }.last?.seq ?? parent)
        }
    }

    /// A commit's header was taken.
    /// - Returns: who is in the room by it and was out by all others: it goes on from before the commit that stands, which
    /// need not be what its readers hold.
    mutating func take(_ commit: TakenCommit) -> [DeviceID] {
        defer { commits[commit.seq] = commit }
        return commit.view.members.subtracting(members).sorted()
    }

    /// A commit and those that led to it, as far back as the one that stands; the latest first.
    private func ancestry(of commit: TakenCommit) -> [TakenCommit] {
        var chain = [commit]
        while let last = chain.last, let parent = commits[last.parent], parent.seq >= stands { chain.append(parent) }
        return chain
    }
}
