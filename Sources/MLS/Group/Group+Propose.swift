public import Sodium
import WireFormat

/// What a member proposes (§12.1).
public enum Change: Sendable {
    /// A new member.
    case add(KeyPackage)
    /// New keys for the proposer's own leaf.
    case update(LeafChange)
    /// The member at that leaf.
    case remove(LeafIndex)
    /// Gets a fresh nonce.
    case preSharedKey(PreSharedKeyID.Kind)
    /// Closes the group, to be continued as another (§12.1.5).
    case reInit(ReInit)
    /// The GroupContext's new extensions, all of them.
    case extensions([Extension])
}

extension Group {
    /// Proposes a change, for others to commit (§12.1). Store this value before the bytes are sent: it holds the private
    /// key of an Update, and a PrivateMessage uses up a key.
    /// - Returns: an MLSMessage. ``pendingProposals`` has the proposal from now on.
    /// - Throws: `misuse` where `signer` is not the key of this member's leaf; `notAMember`; rule v110; `limitExceeded`
    ///   beyond ``Limits/pendingProposals`` or after 2^32 - 1 messages; rule v70 for a Remove of nobody; rule v72 for
    ///   a resumption PSK for reinit or branch; for an Update, the rules v31 to v33, v36, v37 and v44; for extensions,
    ///   rule v37 and `malformed`. No judge is asked, as about all that members propose, before it is committed.
    public mutating func propose(
        _ change: Change, signer: Ed25519.PrivateKey, authenticatedData: [UInt8] = [],
        format: HandshakeFormat = .privateMessage, padding: PaddingPolicy = .buckets
    ) throws(MLSError) -> [UInt8] {
        _ = try activeSecrets()
        var updateKey: SecretBytes?
        let proposal = try proposal(for: change, signer: signer, updateKey: &updateKey)
        let signed = try sign(
            .proposal(proposal), authenticatedData: authenticatedData, format: format.messageFormat, signer: signer)
        var next = self
        try next.proposals.keep(
            pending(proposal, sender: .member(ownIndex), reference: signed.proposalRef(suite: suite)),
            updateKey: updateKey)
        let message = try next.protect(handshake: signed, padding: padding)
        self = next
        return message
    }

    private func proposal(
        for change: Change, signer: Ed25519.PrivateKey, updateKey: inout SecretBytes?
    ) throws(MLSError) -> Proposal {
        if case .remove(let index) = change, tree.leaf(index) == nil {
            throw MLSError(.v70, "there is no member at leaf \(index)")
        }
        guard case .update(let leafChange) = change else { return try Proposal(change, suite: suite) }
        guard let own = tree.leaf(ownIndex) else { throw MLSError(.ownLeafMissing, "one's own leaf is blank") }
        let pair = suite.generateKeyPair()
        let leaf = LeafTemplate(own, changed: leafChange, signer: signer).leaf(
            key: pair.publicKey, source: .update, suite: suite, groupID: id, index: ownIndex)
        try leaf.validate(suite: suite, required: context.extensions.requiredCapabilities())
        try leaf.validateSupport(of: context.extensions, rule: .v44)
        updateKey = pair.privateKey
        return .update(leaf)
    }
}

extension Proposal {
    /// - Throws: rule v11 for an Update, which takes a member; what a list of extensions breaks.
    init(_ change: Change, suite: CipherSuite) throws(MLSError) {
        switch change {
        case .add(let keyPackage): self = .add(ProposedKeyPackage(keyPackage))
        case .remove(let index): self = .remove(index)
        case .preSharedKey(let kind):
            let id = PreSharedKeyID(kind: kind, nonce: randomBytes(count: suite.hashLength))
            guard id.continues == nil else {
                throw MLSError(.v72, "a pre-shared key for a new group's first commit is not proposed")
            }
            self = .preSharedKey(id)
        case .reInit(let reInit):
            try reInit.checkOwn()
            self = .reInit(reInit)
        case .extensions(let extensions):
            try extensions.checkSize()
            try extensions.checkForm()
            self = .groupContextExtensions(extensions)
        case .update: throw MLSError(.v11, "only members propose Updates")
        }
    }

    /// Which of them somebody outside the group may send (§12.1.8).
    var isForExternalSenders: Bool {
        switch self {
        case .add, .remove, .preSharedKey, .reInit, .groupContextExtensions: true
        case .update, .externalInit: false
        }
    }
}
