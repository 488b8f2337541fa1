import Sodium

/// From one epoch to the next, step by step: what committer and receivers do alike (§12.4). Works on copies; nothing of the
/// group changes until its outcome is entered.
struct EpochChange: Sendable {
    private let before: GroupContext
    private let treeBefore: RatchetTree
    private let interimTranscriptHash: [UInt8]
    private let committer: LeafIndex
    private let list: ProposalList
    let added: [LeafIndex]
    var tree: RatchetTree

    init(_ group: Group, applying list: ProposalList, committer: LeafIndex) throws(MLSError) {
        before = group.context
        treeBefore = group.tree
        interimTranscriptHash = group.interimTranscriptHash
        self.committer = committer
        self.list = list
        tree = group.tree
        added = try list.apply(to: &tree, context: group.context)
    }

    func facts(isOwn: Bool, authenticatedData: [UInt8], path: UpdatePath?) throws(MLSError) -> CommitFacts {
        guard let leaf = treeBefore.leaf(committer) else {
            throw MLSError(.unknownSender, "the committer is not in the group")
        }
        func members(_ indices: [LeafIndex], in tree: RatchetTree) -> [CommitFacts.Member] {
            indices.compactMap { index in tree.leaf(index).map { CommitFacts.Member(index: index, leaf: $0) } }
        }
        return CommitFacts(
            committer: CommitFacts.Member(index: committer, leaf: leaf), isOwn: isOwn, context: before,
            hasPath: path != nil, authenticatedData: authenticatedData, added: members(added, in: tree),
            removed: members(list.removes, in: treeBefore),
            updated: list.updates.map { CommitFacts.Member(index: $0.index, leaf: $0.leaf) },
            committerUpdate: path?.leafNode, extensionsAfter: list.extensions ?? before.extensions)
    }

    /// The committer's new leaf (§12.4.2, §7.3).
    func checkLeaf(of path: UpdatePath) throws(MLSError) {
        let extensions = list.extensions ?? before.extensions
        guard case .commit = path.leafNode.source else {
            throw MLSError(.wrongLeafNodeSource, "a path's leaf is not made for a commit")
        }
        guard path.leafNode.encryptionKey != treeBefore.leaf(committer)?.encryptionKey else {
            throw MLSError(.encryptionKeyNotRenewed, "a path keeps the old encryption key")
        }
        try path.leafNode.validate(suite: tree.suite, required: extensions.requiredCapabilities())
        try path.leafNode.validateSupport(of: extensions)
        try path.leafNode.verifySignature(suite: tree.suite, groupID: before.groupID, index: committer)
    }

    /// Applies another's path; gives the commit secret.
    mutating func receive(_ path: UpdatePath, keys: inout TreePrivateKeys) throws(MLSError) -> SecretBytes {
        let steps = try TreeKEM.applyPublic(path, from: committer, to: &tree)
        try tree.validateUniqueKeys()
        try tree.validateCredentialSupport()
        keys.dropStale(in: tree)
        return try TreeKEM.decrypt(
            path, from: committer, steps: steps, tree: tree, keys: &keys, excluding: Set(added),
            context: provisionalContext())
    }

    /// The next epoch's GroupContext as far as it is known before the commit is signed: what path secrets are bound to.
    mutating func provisionalContext() throws(MLSError) -> GroupContext {
        guard before.epoch.value < .max else { throw MLSError(.limitExceeded, "the group has used all its epochs") }
        var context = before
        context.epoch = Epoch(before.epoch.value + 1)
        context.treeHash = tree.treeHash()
        context.extensions = list.extensions ?? before.extensions
        return context
    }

    /// All of the next epoch.
    struct Outcome: Sendable {
        let context: GroupContext
        let tree: RatchetTree
        let schedule: KeySchedule
        let pskSecret: SecretBytes
        let secrets: EpochSecrets
        let messageKeys: SecretTree
        let confirmationTag: [UInt8]
        let interimTranscriptHash: [UInt8]
    }

    /// Transcript hash, key schedule and confirmation tag (§8).
    mutating func finish(
        commitSecret: SecretBytes, preSharedKeys: [(id: PreSharedKeyID, secret: SecretBytes)],
        authenticated: AuthenticatedContent, secrets: EpochSecrets
    ) throws(MLSError) -> Outcome {
        let suite = tree.suite
        var context = try provisionalContext()
        context.confirmedTranscriptHash = TranscriptHash.confirmed(
            interim: interimTranscriptHash, commit: authenticated, suite: suite)
        let pskSecret = try PSKSecret.combine(preSharedKeys, suite: suite)
        let schedule = try KeySchedule(
            initSecret: secrets.initSecret, commitSecret: commitSecret, pskSecret: pskSecret, context: context)
        let epochSecrets = try schedule.epochSecrets(suite: suite)
        let tag = suite.mac(context.confirmedTranscriptHash, key: epochSecrets.confirmationKey)
        return Outcome(
            context: context, tree: tree, schedule: schedule, pskSecret: pskSecret, secrets: epochSecrets,
            messageKeys: SecretTree(
                encryptionSecret: try schedule.encryptionSecret(suite: suite), leafCount: tree.leafCount, suite: suite),
            confirmationTag: tag,
            interimTranscriptHash: TranscriptHash.interim(
                confirmed: context.confirmedTranscriptHash, confirmationTag: tag, suite: suite))
    }
}
