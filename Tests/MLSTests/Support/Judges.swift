import MLS

/// Accepts everybody and everything.
struct AnyoneMay: Judge {
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {}
    func judge(commit: CommitFacts) throws {}
    func judge(externalCommit: CommitFacts) throws {}
    func judge(externalProposal: PendingProposal, in context: GroupContext) throws {}
    func judge(closing: CommitFacts) throws {}
}

/// As far as it must say so, accepts everything: what it may pass over in silence is refused.
struct SilentJudge: Judge {
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {}
    func judge(commit: CommitFacts) throws {}
}

/// Refuses what its two questions say, with an error of its own.
struct StrictJudge: Judge {
    struct Refusal: Error, Equatable { let why: String }

    var acceptsLeaf: @Sendable (LeafNode) -> Bool = { _ in true }
    var acceptsCommit: @Sendable (CommitFacts) -> Bool = { _ in true }

    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {
        guard acceptsLeaf(leaf) else { throw Refusal(why: "leaf \(index)") }
    }

    func judge(commit: CommitFacts) throws {
        guard acceptsCommit(commit) else { throw Refusal(why: "commit") }
    }

    func judge(externalCommit: CommitFacts) throws {}
    func judge(closing: CommitFacts) throws {}
}
