import RelayAPI
import Terms

/// Whose an entry is. All devices of a member are one person; whoever is nobody's device counts alone.
struct Author: Codable, Hashable, Sendable {
    let device: DeviceID
    /// As the room's pinned call list has it.
    let member: MemberID?

    func isSamePerson(as other: Author) -> Bool {
        device == other.device || (member != nil && member == other.member)
    }
}

/// Which commits of a room's log count, as far as the log has decided [R4]: a fold of it, with one thing of this device's own,
/// which of them it cannot use. What it is told of is valid as far as all can see.
///
/// A commit stands with the first entry in its epoch by another person than its author. Until then it may be skipped: by the
/// first commit of its own epoch, by another person who has faulted it, a minute after its first fault. So those after the
/// last that stands follow one from another, and are all of one author.
struct CommitOrder: Codable, Hashable, Sendable {
    struct Undecided: Codable, Hashable, Sendable {
        let seq: UInt64
        let author: Author
        /// See ``RelayAPI/CommitFault/digest(of:)``.
        let digest: [UInt8]
        /// Whether this device can use it. It does not know of those that follow from one which it cannot.
        let isUsable: Bool
        fileprivate(set) var faults: [Fault] = []
    }

    struct Fault: Codable, Hashable, Sendable {
        let by: Author
        /// The relay's.
        let time: Timestamp
    }

    /// Where a commit comes in.
    enum Place: Hashable {
        /// After all others.
        case next
        /// Instead of the undecided commit of that index, and those that follow from it.
        case replacing(Int)
        /// Nowhere: its epoch has another.
        case none
    }

    /// Most commits that are undecided at once. One more, and the first stands: who floods a room with commits must not fill
    /// everybody's vault with the states before each of them.
    static let mostUndecided = 64

    /// The last commit that certainly stands, and whose it is, where that was read.
    private(set) var settled: UInt64
    private(set) var settledAuthor: Author?
    /// Those after it.
    private(set) var undecided: [Undecided] = []
    /// The first commit that stands, and that this device cannot use: its place in the room is lost [R8].
    private(set) var lost: UInt64?

    init(settled: UInt64) { self.settled = settled }

    var tip: UInt64 { undecided.last?.seq ?? settled }
    /// The index of the first that this device cannot use: it keeps to the epoch before, and waits.
    var waiting: Int? { undecided.firstIndex { !$0.isUsable } }

    /// Whether a commit begins an epoch that this device cannot use, and that may still count.
    func isUnusable(_ commit: UInt64) -> Bool {
        waiting.map { undecided[$0...].contains { $0.seq == commit } } ?? false
    }

    /// The commit in whose epoch an undecided one is written.
    func parent(of index: Int) -> UInt64 { index == 0 ? settled : undecided[index - 1].seq }
    /// The commits whose epochs a room may have to go back to.
    var parents: Set<UInt64> { Set(undecided.indices.map(parent)) }

    subscript(_ seq: UInt64) -> Undecided? { undecided.first { $0.seq == seq } }

    /// When one may take an undecided commit's place that those who say so faulted; nil where `person` has not.
    func patienceEnds(_ index: Int, for person: Author) -> Timestamp? {
        let commit = undecided[index]
        guard !commit.author.isSamePerson(as: person),
            commit.faults.contains(where: { $0.by.isSamePerson(as: person) }),
            let first = commit.faults.map(\.time).min()
        else { return nil }
        return Timestamp(milliseconds: first.milliseconds + CommitFault.patience)
    }

    /// This device cannot follow what others did.
    mutating func lose() { lost = lost ?? tip }

    /// Whether `person`'s device, whose order this is, must write in the epoch that it is in: there is a commit that somebody
    /// faulted, and that it can use, and another person made it.
    func isToBeConfirmed(by person: Author) -> Bool {
        undecided[..<(waiting ?? undecided.count)].contains {
            !$0.faults.isEmpty && !$0.author.isSamePerson(as: person)
        }
    }

    // MARK: Reading on

    /// - Parameter time: the relay's.
    func place(ofCommitIn parent: UInt64, by author: Author, at time: Timestamp) -> Place {
        if parent == tip { return .next }
        guard let index = undecided.indices.first(where: { self.parent(of: $0) == parent }),
            let end = patienceEnds(index, for: author), end <= time
        else { return .none }
        return .replacing(index)
    }

    /// A commit that has its place, and is valid there.
    mutating func take(_ commit: UInt64, digest: [UInt8], by author: Author, at place: Place, isUsable: Bool) {
        switch place {
        case .none: return
        case .next:
            if let first = undecided.first, !first.author.isSamePerson(as: author) { stand(tip) }
        case .replacing(let index):
            let parent = parent(of: index)
            undecided.removeSubrange(index...)
            if index > 0 { stand(parent) }
        }
        undecided.append(Undecided(seq: commit, author: author, digest: digest, isUsable: isUsable))
        while undecided.count > Self.mostUndecided { stand(undecided[0].seq) }
    }

    /// Somebody writes in the epoch of a commit.
    /// - Returns: whether it stands by that.
    @discardableResult
    mutating func write(in commit: UInt64, by author: Author) -> Bool {
        guard let found = self[commit], !found.author.isSamePerson(as: author) else { return false }
        stand(commit)
        return true
    }

    /// Somebody says that they cannot use a commit.
    /// - Returns: whether that may still matter.
    @discardableResult
    mutating func fault(_ commit: UInt64, by author: Author, at time: Timestamp) -> Bool {
        guard let index = undecided.firstIndex(where: { $0.seq == commit }),
            !undecided[index].author.isSamePerson(as: author),
            !undecided[index].faults.contains(where: { $0.by.device == author.device })
        else { return false }
        undecided[index].faults.append(Fault(by: author, time: time))
        return true
    }

    /// It and what it follows from stand.
    private mutating func stand(_ commit: UInt64) {
        guard let index = undecided.firstIndex(where: { $0.seq == commit }) else { return }
        if lost == nil { lost = undecided[...index].first { !$0.isUsable }?.seq }
        (settled, settledAuthor) = (commit, undecided[index].author)
        undecided.removeSubrange(...index)
    }
}
