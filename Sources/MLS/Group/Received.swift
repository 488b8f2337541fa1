import WireFormat

/// What came out of a processed message.
public enum Received: Sendable {
    case application(ApplicationMessage)
    /// A proposal that a later commit may refer to: see ``Group/pendingProposals``.
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
