/// The application's judgement of what MLS itself cannot know: who may be a member, and who may change what. Asked before
/// anything is applied; an error thrown here is handed on unchanged, and the group stays as it was.
public protocol Judge: Sendable {
    /// Judges a leaf of a group that is being joined or created.
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws
    /// Judges a commit, one's own too, with all that it would change.
    func judge(commit: CommitFacts) throws
    /// Whether two leaves are of one client, where a group continues another (§11.2, §11.3). Unless implemented otherwise,
    /// they are when their credentials are equal.
    func isSameClient(_ old: LeafNode, _ new: LeafNode) -> Bool
}

extension Judge {
    public func isSameClient(_ old: LeafNode, _ new: LeafNode) -> Bool { old.credential == new.credential }
}
