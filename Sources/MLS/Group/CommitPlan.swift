/// What a commit is to do.
public struct CommitPlan: Sendable {
    /// Clients to add. The ``PendingCommit`` then has Welcomes for them.
    public var adds: [KeyPackage] = []
    /// Leaves of the members to remove; never one's own.
    public var removes: [LeafIndex] = []
    /// The GroupContext's new extensions, all of them; nil leaves them as they are.
    public var extensions: [Extension]?
    /// Pre-shared keys to mix in (§8.4); each gets a fresh nonce.
    public var preSharedKeys: [PreSharedKeyID.Kind] = []
    /// Closes the group (§12.1.5). Goes with nothing else.
    public var reInit: ReInit?
    /// Proposals of ``Group/pendingProposals`` to commit, beside those above. One's own Updates cannot be.
    public var references: [ProposalRef] = []
    /// Renews the committer's keys even where the RFC does not ask for it; not with a ReInit.
    public var forcesPath = true
    /// What the committer changes of itself, along with its keys.
    public var leaf: LeafChange?
    /// Readable, and signed, but not encrypted.
    public var authenticatedData: [UInt8] = []
    /// How the commit is protected.
    public var format = HandshakeFormat.privateMessage
    /// How far a PrivateMessage is padded. PublicMessages are not.
    public var padding = PaddingPolicy.buckets
    /// Splits the added members over several Welcomes: positions in `adds`, followed by the Adds among `references`; one
    /// list a Welcome. Nil: one for all.
    public var welcomeSplit: [[Int]]?
    /// Whether the Welcomes hold the ratchet tree. Else joiners need ``Group/ratchetTree`` from elsewhere.
    public var welcomesHoldTree = true
    /// Further extensions of the Welcomes' GroupInfo; those that joiners do not know are ignored.
    public var groupInfoExtensions: [Extension] = []

    /// Renews the committer's keys, and changes nothing else.
    public init() {}
}

/// How a handshake message is protected.
public enum HandshakeFormat: Sendable, Hashable {
    /// Signed and encrypted (§6.3).
    case privateMessage
    /// Signed, in the clear, with a tag that only members can make (§6.2).
    case publicMessage

    var messageFormat: MessageFormat { self == .privateMessage ? .privateMessage : .publicMessage }
}
