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
    var keys: TreePrivateKeys
    /// Nil once this member was removed.
    var secrets: EpochSecrets?
    var messageKeys: SecretTree?
    var interimTranscriptHash: [UInt8]
    var confirmationTag: [UInt8]
    /// Proposals received in this epoch, for commits that refer to them.
    var proposals: [ProposalRef: ReceivedProposal] = [:]

    struct ReceivedProposal: Sendable {
        let sender: LeafIndex
        let proposal: Proposal
    }

    public var id: [UInt8] { context.groupID }
    public var epoch: Epoch { context.epoch }
    public var ownIndex: LeafIndex { keys.index }
    /// False once this member was removed: nothing can be sent or read any more.
    public var isActive: Bool { secrets != nil }

    /// The members in the order of their leaves.
    public var members: [CommitFacts.Member] {
        tree.members.map { CommitFacts.Member(index: $0.index, leaf: $0.leaf) }
    }

    /// The member at a leaf; nil where it is blank.
    public func member(at index: LeafIndex) -> LeafNode? { tree.leaf(index) }

    /// A value that is the same for all members of an epoch and secret from others, for comparing (§8.7).
    public func epochAuthenticator() throws(MLSError) -> SecretBytes { try activeSecrets().epochAuthenticator }

    /// MLS-Exporter (§8.5): `count` bytes for another protocol, bound to `label` and `context`.
    public func export(label: String, context: [UInt8], count: Int) throws(MLSError) -> SecretBytes {
        try activeSecrets().export(label: label, context: context, count: count, suite: suite)
    }

    var suite: CipherSuite { context.cipherSuite }

    func activeSecrets() throws(MLSError) -> EpochSecrets {
        guard let secrets else { throw MLSError(.notAMember, "this device was removed from the group") }
        return secrets
    }

    /// Forgets all secrets of a group that this member was removed from.
    mutating func deactivate() {
        secrets = nil
        messageKeys = nil
        proposals = [:]
        keys = TreePrivateKeys(index: keys.index, keys: [:])
    }
}
