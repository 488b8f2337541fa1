public import Sodium

/// The application's judgement of what MLS itself cannot know: who may be a member, and who may change what. Asked before
/// anything is applied; an error thrown here is handed on unchanged, and the group stays as it was.
public protocol Judge: Sendable {
    /// Judges a leaf of a group that is being joined or created.
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws
    /// Judges a commit, one's own too, with all that it would change.
    func judge(commit: CommitFacts) throws
}

/// What a commit does.
public struct CommitFacts: Sendable, Hashable {
    public struct Member: Sendable, Hashable {
        public let index: LeafIndex
        public let leaf: LeafNode

        init(index: LeafIndex, leaf: LeafNode) {
            self.index = index
            self.leaf = leaf
        }
    }

    /// The committer as it was before.
    public let committer: Member
    public let isOwn: Bool
    /// The epoch that it ends.
    public let context: GroupContext
    public let hasPath: Bool
    public let authenticatedData: [UInt8]
    public let added: [Member]
    /// As they were.
    public let removed: [Member]
    /// Leaves replaced by Update proposals, as they will be.
    public let updated: [Member]
    /// The committer's new leaf, where there is a path.
    public let committerUpdate: LeafNode?
    /// The GroupContext's extensions as they will be.
    public let extensionsAfter: [Extension]
}

/// What came out of a processed message.
public enum Received: Sendable {
    case application(ApplicationMessage)
    /// A proposal that a later commit may refer to.
    case proposal(sender: Sender, Proposal)
    case commit(CommitFacts, removedSelf: Bool)
}

/// Decrypted application data of a verified sender.
public struct ApplicationMessage: Sendable, Hashable {
    public let sender: LeafIndex
    public let senderLeaf: LeafNode
    public let epoch: Epoch
    public let authenticatedData: [UInt8]
    public let plaintext: [UInt8]
    /// The AuthenticatedContent (§6): wire format, FramedContent and signature, which with the epoch's GroupContext prove
    /// to a third party who said this.
    public let evidence: [UInt8]
}

/// Gives the pre-shared keys that a Welcome or commit names (§8.4); nil for one that is not known.
public typealias PSKLookup = @Sendable (PreSharedKeyID) -> SecretBytes?
