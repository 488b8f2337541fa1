public import Sodium

/// One member's state of one group in one epoch: a value. Operations that send give a *next* state, which the caller
/// stores before it sends; processing a message changes this value, or throws and leaves it as it was.
///
/// Holds no signature key: the caller hands it in where something is signed. Holds the current epoch's secrets only;
/// when an epoch ends, they are gone (§14).
public struct Group: Sendable {
    /// What all members of this epoch agree on.
    public internal(set) var context: GroupContext
    var tree: RatchetTree
    /// Made when it is first needed.
    var index: TreeIndex?
    var keys: TreePrivateKeys
    /// Nil once this member was removed.
    var secrets: EpochSecrets?
    var messageKeys: SecretTree?
    var interimTranscriptHash: [UInt8]
    var confirmationTag: [UInt8]
    /// Proposals of this epoch, for commits that refer to them.
    var proposals = ProposalCache()
    /// What this group is to be continued as, once a commit agreed on that: it is closed then (§11.2).
    public internal(set) var reInit: ReInit?

    /// The group's id, the same in all its epochs.
    public var id: [UInt8] { context.groupID }
    /// The epoch that this state is of. Where this member was removed, its last one.
    public var epoch: Epoch { context.epoch }
    /// This member's leaf; once it was removed, the one that it had.
    public var ownIndex: LeafIndex { keys.index }
    /// False once this member was removed, or the group was closed by a ReInit: nothing can be sent any more.
    public var isActive: Bool { secrets != nil && reInit == nil }

    /// The members in the order of their leaves.
    public var members: [CommitFacts.Member] {
        tree.members.map { CommitFacts.Member(index: $0.index, leaf: $0.leaf) }
    }

    /// The member at a leaf; nil where it is blank.
    public func member(at index: LeafIndex) -> LeafNode? { tree.leaf(index) }

    /// Proposals that were sent or received in this epoch, in that order: what ``CommitPlan/references`` may name.
    public var pendingProposals: [PendingProposal] { proposals.inOrder }

    /// A value that is the same for all members of an epoch and secret from others, for comparing (§8.7).
    /// - Throws: `notAMember`.
    public func epochAuthenticator() throws(MLSError) -> SecretBytes { try liveSecrets().epochAuthenticator }

    /// MLS-Exporter (§8.5): `count` bytes for another protocol, bound to `label` and `context`.
    /// - Throws: `notAMember`, `misuse` for more bytes than there can be.
    public func export(label: String, context: [UInt8], count: Int) throws(MLSError) -> SecretBytes {
        try liveSecrets().export(label: label, context: context, count: count, suite: suite)
    }

    /// This epoch's resumption PSK (§8.6): whoever wants to prove later that they were here keeps it, and gives it by a
    /// ``PSKLookup``.
    /// - Throws: `notAMember`.
    public func resumptionPSK() throws(MLSError) -> SecretBytes { try liveSecrets().resumptionPSK }

    /// The ratchet tree as the `ratchet_tree` extension has it (§12.4.3.3), for those who get it apart from a message.
    public var ratchetTree: [UInt8] { tree.encoded }

    var suite: CipherSuite { context.cipherSuite }

    /// - Throws: `notAMember`.
    func liveSecrets() throws(MLSError) -> EpochSecrets {
        guard let secrets else { throw MLSError(.notAMember, "this member was removed from the group") }
        return secrets
    }

    /// Those of a group that goes on.
    /// - Throws: `notAMember`, rule v110.
    func activeSecrets() throws(MLSError) -> EpochSecrets {
        guard reInit == nil else { throw MLSError(.v110, "this group was closed by a ReInit") }
        return try liveSecrets()
    }

    func treeIndex() throws(MLSError) -> TreeIndex {
        if let index { return index }
        return try TreeIndex(checking: tree)
    }

    /// Forgets all secrets of a group that this member was removed from.
    mutating func deactivate() {
        secrets = nil
        messageKeys = nil
        proposals = ProposalCache()
        index = nil
        keys = TreePrivateKeys(index: keys.index, keys: [:])
    }
}

/// Gives the pre-shared keys that a Welcome or commit names (§8.4); nil for one that is not known.
public typealias PSKLookup = @Sendable (PreSharedKeyID) -> SecretBytes?
