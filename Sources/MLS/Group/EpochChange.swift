import Sodium

/// From one epoch to the next, step by step: what committer and receivers do alike (§12.4). Works on copies; nothing of the
/// group changes until its outcome is entered.
struct EpochChange: Sendable {
    private var group: Group
    private var index: TreeIndex
    let committer: Committer
    /// The committer's leaf; for one who joins by this commit, the place that it gets.
    let committerIndex: LeafIndex
    let list: ProposalList
    let added: [LeafIndex]
    var tree: RatchetTree
    private var change = TreeChange()

    private var before: GroupContext { group.context }

    init(_ group: Group, applying list: ProposalList, committer: Committer) throws(MLSError) {
        self.group = group
        index = try group.treeIndex()
        self.committer = committer
        self.list = list
        tree = group.tree
        added = try list.apply(to: &tree, context: group.context)
        switch committer {
        case .member(let index): committerIndex = index
        case .newMember: committerIndex = try tree.makeRoom()
        }
        change = tree.takeChange()
        try change.checkKeys(
            against: index, signatureRule: list.adds.isEmpty ? .v42 : .v84, encryptionRule: .v43)
        try change.checkCredentials(against: index, in: tree)
    }

    // MARK: The committer's path

    /// The path's leaf and public keys against the tree that the proposals give (§12.4.2, §7.3).
    func check(_ path: UpdatePath) throws(MLSError) {
        try check(path.leafNode, keys: path.nodes.map(\.encryptionKey), in: tree)
        try path.leafNode.verifySignature(suite: tree.suite, groupID: before.groupID, index: committerIndex)
    }

    private func check(_ leaf: LeafNode, keys pathKeys: [[UInt8]], in tree: RatchetTree) throws(MLSError) {
        let extensions = list.extensions ?? before.extensions
        guard case .commit = leaf.source else {
            throw MLSError(.v40, "a path's leaf is not made for a commit")
        }
        switch committer {
        case .member(let index):
            guard leaf.encryptionKey != group.tree.leaf(index)?.encryptionKey else {
                throw MLSError(.v102, "a path keeps the old encryption key")
            }
        case .newMember:
            let old = list.removes.first.flatMap { group.tree.leaf($0) }
            guard leaf.encryptionKey != old?.encryptionKey else {
                throw MLSError(.v95, "a resync keeps the old encryption key")
            }
        }
        try leaf.validate(suite: tree.suite, required: extensions.requiredCapabilities())
        try leaf.validateSupport(of: extensions, rule: .v44)
        guard pathKeys.allSatisfy({ tree.suite.isUsable(encryptionKey: $0) }) else {
            throw MLSError(.v45, "a path has a key that cannot be used")
        }
        var keys = PublicKeySet()
        for key in [leaf.encryptionKey] + pathKeys {
            let isInTree =
                change.encryptionKeysCome.contains(key)
                || (index.encryptionKeys.contains(key) && !change.encryptionKeysGone.contains(key))
            guard !isInTree, keys.insert(key) else {
                throw MLSError(.v103, "a path brings a public key that is there already")
            }
        }
        var change = change
        if let old = tree.leaf(committerIndex) { change.loses(old) }
        change.gains(leaf)
        try change.checkKeys(against: index, signatureRule: .v42, encryptionRule: .v43)
        try change.checkCredentials(against: index, in: tree, except: committerIndex)
    }

    /// Puts another's path into the tree, with all checks that need no private key.
    mutating func apply(_ path: UpdatePath) throws(MLSError) -> [RatchetTree.PathStep] {
        try TreeKEM.applyPublic(path, from: committerIndex, to: &tree, excluding: Set(added))
    }

    /// The commit secret of a path that was applied.
    mutating func decrypt(
        _ path: UpdatePath, steps: [RatchetTree.PathStep], keys: inout TreePrivateKeys
    ) throws(MLSError) -> SecretBytes {
        keys.dropStale(in: tree)
        return try TreeKEM.decrypt(
            path, from: committerIndex, steps: steps, tree: tree, keys: &keys, excluding: Set(added),
            context: provisionalContext())
    }

    /// Makes one's own path; gives what it is made of, and what is sent.
    mutating func makePath(
        keys: inout TreePrivateKeys, template: LeafTemplate
    ) throws(MLSError) -> (made: TreeKEM.NewPath, sent: UpdatePath) {
        let proposed = tree
        let made = try TreeKEM.makePath(tree: &tree, keys: &keys, groupID: before.groupID, template: template)
        // What others would refuse is not sent either.
        try check(made.leaf, keys: made.publicKeys, in: proposed)
        let context = try provisionalContext()
        return (made, try TreeKEM.encrypt(made, in: tree, excluding: Set(added), context: context))
    }

    // MARK: The next epoch

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
        let changes: [TreeChange]
        let schedule: KeySchedule
        let secrets: EpochSecrets
        let messageKeys: SecretTree
        let confirmationTag: [UInt8]
        let interimTranscriptHash: [UInt8]
        let reInit: ReInit?
    }

    /// Transcript hash, key schedule and confirmation tag (§8).
    mutating func finish(
        initSecret: SecretBytes, commitSecret: SecretBytes,
        preSharedKeys: [(id: PreSharedKeyID, secret: SecretBytes)], authenticated: AuthenticatedContent
    ) throws(MLSError) -> Outcome {
        let suite = tree.suite
        var context = try provisionalContext()
        context.confirmedTranscriptHash = TranscriptHash.confirmed(
            interim: group.interimTranscriptHash, commit: authenticated, suite: suite)
        let schedule = try KeySchedule(
            initSecret: initSecret, commitSecret: commitSecret,
            pskSecret: PSKSecret.combine(preSharedKeys, suite: suite), context: context)
        let epochSecrets = try schedule.epochSecrets(suite: suite)
        let tag = suite.mac(context.confirmedTranscriptHash, key: epochSecrets.confirmationKey)
        let pathChange = tree.takeChange()
        return Outcome(
            context: context, tree: tree, changes: [change, pathChange], schedule: schedule, secrets: epochSecrets,
            messageKeys: SecretTree(
                encryptionSecret: try schedule.encryptionSecret(suite: suite), leafCount: tree.leafCount, suite: suite),
            confirmationTag: tag,
            interimTranscriptHash: TranscriptHash.interim(
                confirmed: context.confirmedTranscriptHash, confirmationTag: tag, suite: suite),
            reInit: list.reInit)
    }

    /// The index of the tree before, as the only reference to it that is left here: so that it is changed in place.
    mutating func takeIndex() -> TreeIndex {
        group.index = nil
        defer { index = TreeIndex() }
        return index
    }

    // MARK: For the judge

    func facts(isOwn: Bool, authenticatedData: [UInt8], path: UpdatePath?) throws(MLSError) -> CommitFacts {
        guard let leaf = committer == .newMember ? path?.leafNode : group.tree.leaf(committerIndex) else {
            throw MLSError(.v6, "the committer is not in the group")
        }
        func members(_ indices: [LeafIndex], in tree: RatchetTree) -> [CommitFacts.Member] {
            indices.compactMap { index in tree.leaf(index).map { CommitFacts.Member(index: index, leaf: $0) } }
        }
        let updated = list.updates.map(\.index)
        return CommitFacts(
            committer: CommitFacts.Member(index: committerIndex, leaf: leaf), isOwn: isOwn,
            isExternal: committer == .newMember, context: before, hasPath: path != nil,
            authenticatedData: authenticatedData, proposals: list.committed, added: members(added, in: tree),
            removed: members(list.removes, in: group.tree),
            updated: list.updates.map { CommitFacts.Member(index: $0.index, leaf: $0.leaf) },
            updatedBefore: members(updated, in: group.tree), committerUpdate: path?.leafNode,
            preSharedKeys: list.preSharedKeys, extensionsAfter: list.extensions ?? before.extensions,
            reInit: list.reInit)
    }
}
