public import Sodium
import WireFormat

extension Group {
    /// A signed GroupInfo of this epoch as an MLSMessage, by which others can join on their own (§12.4.3.2). Hand it only to
    /// those who may: it names all members.
    /// - Parameters:
    ///   - holdsTree: whether the ratchet tree is in it; else who joins needs ``ratchetTree`` from elsewhere.
    ///   - extensions: further ones; those that readers do not know are ignored.
    /// - Throws: `misuse` where `signer` is not the key of this member's leaf; `notAMember`; rule v110.
    public func groupInfo(
        signer: Ed25519.PrivateKey, holdsTree: Bool = true, extensions: [Extension] = []
    ) throws(MLSError) -> [UInt8] {
        guard tree.leaf(ownIndex)?.signatureKey == signer.publicKey.bytes else {
            throw MLSError(.misuse, "the signature key is not the one of this member's leaf")
        }
        try extensions.checkSize()
        var key = Writer()
        key.opaque(try suite.deriveKeyPair(activeSecrets().externalSecret).publicKey)
        var all = extensions + [Extension(.externalPub, data: key.bytes)]
        if holdsTree { all.append(Extension(.ratchetTree, data: ratchetTree)) }
        try all.checkUnique()
        let info = UnverifiedGroupInfo(
            context: context, extensions: all, confirmationTag: confirmationTag, signer: ownIndex, key: signer)
        return try MLSMessage.groupInfo(info).checkedEncoding()
    }

    /// Joins, or comes back, by a commit of one's own (§12.4.3.2). The group's members may refuse it; when it turns out to
    /// be the epoch's first commit, go on with ``PendingCommit/next``. That the GroupInfo's confirmation tag is right can
    /// be known only then: its signature is by a member whom `judge` accepted.
    /// - Parameters:
    ///   - groupInfo: an MLSMessage with `external_pub`.
    ///   - ratchetTree: the tree, where the GroupInfo does not hold it.
    ///   - client: what one's leaf is to be.
    ///   - replacing: one's older self in this group, to be removed.
    ///   - preSharedKeys: to mix in, for example to prove that one was a member.
    /// - Throws: ``MLSError``, and what `judge` throws about a member or the commit.
    public static func joinByCommit(
        groupInfo: [UInt8], ratchetTree: [UInt8]? = nil, client: Joiner, replacing old: LeafIndex? = nil,
        preSharedKeys: [PreSharedKeyID.Kind] = [], lookup: PSKLookup = { _ in nil }, authenticatedData: [UInt8] = [],
        judge: any Judge
    ) throws -> PendingCommit {
        try Limits.check(messageBytes: authenticatedData.count)
        guard case .groupInfo(let info) = try MLSMessage(checking: groupInfo) else {
            throw MLSError(.wrongContentType, "this is no GroupInfo")
        }
        guard let suite = CipherSuite(rawValue: info.context.cipherSuite) else {
            throw MLSError(.v123, "the GroupInfo is of another cipher suite")
        }
        let context = try info.context(of: suite)
        let (tree, index) = try info.verified(context: context, ratchetTree: ratchetTree)
        let (kemOutput, initSecret) = try suite.externalInit(to: info.extensions.externalKey())
        for (index, leaf) in tree.members { try judge.judge(leaf: leaf, at: index, in: context) }

        // What a member would start from, as far as one knows it.
        let before = Group(
            context: context, tree: tree, index: index, keys: TreePrivateKeys(index: LeafIndex(0), keys: [:]),
            interimTranscriptHash: TranscriptHash.interim(
                confirmed: context.confirmedTranscriptHash, confirmationTag: info.confirmationTag, suite: suite),
            confirmationTag: info.confirmationTag)
        var proposals = [Proposal.externalInit(kemOutput: kemOutput)]
        if let old { proposals.append(.remove(old)) }
        proposals += preSharedKeys.map {
            .preSharedKey(PreSharedKeyID(kind: $0, nonce: randomBytes(count: suite.hashLength)))
        }
        let committed = proposals.map {
            CommitFacts.Committed(proposal: $0, sender: .newMemberCommit, reference: nil)
        }
        let list = try ProposalList(committed, committer: .newMember, suite: suite)
        var change = try EpochChange(before, applying: list, committer: .newMember)
        var keys = TreePrivateKeys(index: change.committerIndex, keys: [:])
        let path = try change.makePath(keys: &keys, template: client.template)
        let facts = try change.facts(isOwn: true, authenticatedData: authenticatedData, path: path.sent)
        try judge.judgeWhole(facts)
        let signed = AuthenticatedContent.sign(
            FramedContent(
                groupID: context.groupID, epoch: context.epoch, sender: .newMemberCommit,
                authenticatedData: authenticatedData,
                content: .commit(Commit(proposals: proposals.map { .proposal($0) }, path: path.sent))),
            format: .publicMessage, context: context, suite: suite, signer: client.signer)
        let psks = try list.preSharedKeys.map { id throws(MLSError) in
            guard let secret = lookup(id) else {
                throw MLSError(.v109, "the commit needs a pre-shared key that is not known here")
            }
            return (id: id, secret: secret)
        }
        let outcome = try change.finish(
            initSecret: initSecret, commitSecret: path.made.pathSecrets.commitSecret, preSharedKeys: psks,
            authenticated: signed)
        let message = PublicMessage(fromOutside: signed.adding(confirmationTag: outcome.confirmationTag))
        return PendingCommit(
            message: try MLSMessage.publicMessage(message).checkedEncoding(), welcomes: [],
            next: before.entering(outcome, index: index, keys: keys), facts: facts)
    }

    /// The leaf of one who joins by a commit.
    public struct Joiner: Sendable {
        let signer: Ed25519.PrivateKey
        let template: LeafTemplate

        /// - Parameter extensions: of the leaf; `capabilities` must list them.
        public init(
            credential: Credential, signer: Ed25519.PrivateKey, capabilities: Capabilities,
            extensions: [Extension] = []
        ) {
            self.signer = signer
            template = LeafTemplate(
                signer: signer, credential: credential, capabilities: capabilities, extensions: extensions)
        }
    }
}
