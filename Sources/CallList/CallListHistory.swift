import Foundation
public import Terms

/// The call lists that somebody took in, and the rule for the next: versions without a gap, each made from the one before and issued
/// after it.
/// Only verified lists come in here, and none is ever taken out; where they are stored, and what is done about a fork, is
/// for who keeps the history.
public struct CallListHistory: Sendable {
    /// Oldest first: each follows the one before it. The first may be of any version.
    public private(set) var lists: [CallList] = []

    public init() {}

    /// What was taken in once, as it comes back from where it is stored.
    /// - Throws: as ``take(_:)``: then what is stored is not what was taken in.
    public init(_ lists: some Sequence<CallList>) throws(CallListError) {
        for list in lists { try take(list) }
    }

    /// The one in use.
    public var newest: CallList? { lists.last }

    /// What a verified list is to those that were taken in.
    public enum Standing: Sendable, Hashable {
        /// The first of all: of any version, for who joins late has no use for those before.
        case first
        /// It follows the newest.
        case next
        /// It is the newest.
        case same
        /// It was in use, and another follows it: whoever hands it out as the newest hides a revocation.
        case rollback
        /// It is of a version before all that are known here, and nothing is known against it.
        case older
        /// Versions between the newest and this one are missing.
        case gap
        /// The officers signed two lists of this version: only one can be.
        case equivocation
        /// It says that it follows the newest, and was made from another list of that version.
        case fork
        /// It follows the newest, and is signed under a root that was replaced, or that does not go on from the newest's.
        case leftRoot
        /// It follows the newest, and says that it was issued no later: one of the two was made with a wrong clock.
        case notLater

        /// Officers signed what cannot be: both lists are kept as proof, and every officer is asked.
        public var isProof: Bool { self == .equivocation || self == .fork || self == .leftRoot }
    }

    public func standing(of list: CallList) -> Standing {
        guard let oldest = lists.first, let newest = lists.last else { return .first }
        if let known = self[version: list.version] {
            guard list.isSame(as: known) else { return .equivocation }
            return list.isSame(as: newest) ? .same : .rollback
        }
        if list.version < oldest.version {
            // The one right before the oldest is known by its digest.
            let isAnother = list.version + 1 == oldest.version && list.digest != oldest.previous
            return isAnother ? .equivocation : .older
        }
        guard list.version - newest.version == 1 else { return .gap }
        guard list.previous == newest.digest else { return .fork }
        guard list.roots.goesOn(from: newest.roots) else { return .leftRoot }
        return list.issued > newest.issued ? .next : .notLater
    }

    /// The list of that version.
    public subscript(version version: UInt64) -> CallList? {
        guard let oldest = lists.first?.version, version >= oldest, version - oldest < UInt64(lists.count) else {
            return nil
        }
        return lists[Int(version - oldest)]
    }

    /// Takes in the first list, or the next; the newest again changes nothing.
    /// - Throws: `older`, `gap`, `equivocation`, `wrongPrevious`, `wrongRoot`, `notLater`; then nothing changed.
    @discardableResult
    public mutating func take(_ list: CallList) throws(CallListError) -> Standing {
        let standing = standing(of: list)
        if let refusal = refusal(of: list, as: standing) { throw refusal }
        if standing != .same { lists.append(list) }
        return standing
    }

    /// What a person is told about a list of that standing; nil where there is nothing against it.
    public func refusal(of list: CallList, as standing: Standing) -> CallListError? {
        let newest = newest?.version ?? 0
        switch standing {
        case .first, .next, .same: return nil
        case .rollback, .older:
            return CallListError(
                .older, "call list \(list.version) is older than the one in use (\(newest))",
                hint: "ask an officer for the newest")
        case .gap:
            return CallListError(
                .gap, "call list \(list.version) does not follow version \(newest)",
                hint: "take in the versions between them first")
        case .equivocation:
            return CallListError(
                .equivocation, "there are two different call lists \(list.version): somebody signed both",
                hint: "keep both files and ask every officer")
        case .fork:
            return CallListError(
                .wrongPrevious, "call list \(list.version) was made from another version \(newest)",
                hint: "somebody signed a fork: ask every officer")
        case .leftRoot:
            return CallListError(
                .wrongRoot, "call list \(list.version) is signed under another root than follows that of \(newest)",
                hint: "officers who were replaced still sign: ask every officer of today")
        case .notLater:
            let before = self.newest.map { Documents.timestamp($0.issued) } ?? "never"
            return CallListError(
                .notLater,
                "call list \(list.version) says that it was issued on \(Documents.timestamp(list.issued)), and version "
                    + "\(newest) before it on \(before)",
                hint: "a list is issued after the one before it: the officers compile it again, with a right clock")
        }
    }
}
