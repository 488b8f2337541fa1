/// The application's judgement of what MLS itself cannot know: who may be a member, and who may change what. Asked before
/// anything is applied; an error thrown here is handed on unchanged, and the group stays as it was.
///
/// Among it is what RFC 9420 asks of applications: that a credential is to be trusted (§5.3.1); that the end-entity
/// certificate of an X.509 credential has the leaf's `signature_key` as its key (§5.3), as this library reads no
/// certificates; and that a key package's lifetime holds now (§7.3) and is in all no longer than a maximum that the
/// application sets (§7.2), as this library has no clock.
public protocol Judge: Sendable {
    /// Judges a leaf of a group that is being joined or created.
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws
    /// Judges a commit, one's own too, with all that it would change.
    func judge(commit: CommitFacts) throws
    /// Judges a commit by which somebody joins without being added (§12.4.3.2), after ``judge(commit:)``. Unless
    /// implemented, nobody does.
    func judge(externalCommit: CommitFacts) throws
    /// Judges a proposal of somebody who is no member (§12.1.8), before it is kept: of one whom `external_senders` lists,
    /// or of anybody who asks to be added. Unless implemented, none is kept.
    func judge(externalProposal: PendingProposal, in context: GroupContext) throws
    /// Judges a commit that closes the group by a ReInit (§11.2), after ``judge(commit:)``. Unless implemented, none is
    /// accepted.
    func judge(closing: CommitFacts) throws
    /// Whether two leaves are of one client, where a group continues another (§11.2, §11.3). Unless implemented otherwise,
    /// they are when their credentials are equal.
    func isSameClient(_ old: LeafNode, _ new: LeafNode) -> Bool
}

extension Judge {
    public func judge(externalCommit: CommitFacts) throws {
        throw MLSError(.notAccepted, "the application accepts nobody who joins by a commit")
    }

    public func judge(externalProposal: PendingProposal, in context: GroupContext) throws {
        throw MLSError(.notAccepted, "the application accepts no proposals from outside")
    }

    public func judge(closing: CommitFacts) throws {
        throw MLSError(.notAccepted, "the application accepts no ReInit")
    }

    public func isSameClient(_ old: LeafNode, _ new: LeafNode) -> Bool { old.credential == new.credential }
}

extension Judge {
    /// All that is to be asked about a commit.
    func judgeWhole(_ facts: CommitFacts) throws {
        try judge(commit: facts)
        if facts.isExternal { try judge(externalCommit: facts) }
        if facts.reInit != nil { try judge(closing: facts) }
    }
}
