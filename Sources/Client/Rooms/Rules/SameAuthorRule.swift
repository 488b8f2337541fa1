import MLS

/// A commit renews its author's encryption key and nothing else of who they are: the leaf that was judged under the pinned
/// list keeps its identity and its signature key [R1].
enum SameAuthorRule {
    static func check(_ leaf: LeafNode, replacing old: LeafNode) throws(Rejection) {
        guard leaf.credential == old.credential, leaf.signatureKey == old.signatureKey else {
            throw Rejection("a commit changes its author's identity")
        }
    }
}
