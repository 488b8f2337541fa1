import WireFormat

/// What came out of a processed message.
public enum Received: Sendable {
    /// Application data of a member.
    case application(ApplicationMessage)
    /// A proposal that a later commit may refer to: see ``Group/pendingProposals``.
    case proposal(sender: Sender, Proposal)
    /// The commit was taken, and the group is in its next epoch. Where `removedSelf`, it removed this member: the group
    /// stays in its last epoch, without secrets.
    case commit(CommitFacts, removedSelf: Bool)
}

/// A commit that is signed by its committer and keeps all rules that every member can check alike, and that this member
/// cannot use: its path secret does not decrypt, or gives other keys than the tree has, or the confirmation tag differs
/// (§12.4.2). Others may see nothing wrong with it, and go on from it.
public struct UnusableCommit: Error, Sendable {
    /// What it does, as the judge accepted it.
    public let facts: CommitFacts
    /// What this member found.
    public let cause: MLSError
}

/// Decrypted application data of a verified sender.
public struct ApplicationMessage: Sendable, Hashable {
    /// The sender's leaf index.
    public let sender: LeafIndex
    /// The sender's leaf as it was in `epoch`; its key signed this.
    public let senderLeaf: LeafNode
    /// The epoch in which it was sent.
    public let epoch: Epoch
    /// What came with it: signed, and readable by whoever carried it.
    public let authenticatedData: [UInt8]
    /// What was encrypted, without the padding.
    public let plaintext: [UInt8]
    private let authenticated: AuthenticatedContent

    init(_ authenticated: AuthenticatedContent, plaintext: [UInt8], sender: LeafIndex, leaf: LeafNode) {
        self.sender = sender
        senderLeaf = leaf
        epoch = authenticated.content.epoch
        authenticatedData = authenticated.content.authenticatedData
        self.plaintext = plaintext
        self.authenticated = authenticated
    }

    /// The AuthenticatedContent (§6): wire format, FramedContent and signature, which with the epoch's GroupContext prove
    /// to a third party who said this: see ``ProvenMessage``.
    public var evidence: [UInt8] { authenticated.encoded }
}
