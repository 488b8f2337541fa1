/// A commit's proposals, resolved and sorted by kind, with the rules of §12.2 checked.
struct ProposalList: Sendable {
    private(set) var adds: [KeyPackage] = []
    private(set) var updates: [(index: LeafIndex, leaf: LeafNode)] = []
    private(set) var removes: [LeafIndex] = []
    private(set) var preSharedKeys: [PreSharedKeyID] = []
    private(set) var extensions: [Extension]?
    private var isEmpty = true

    /// - Parameter proposals: in the commit's order, each with who proposed it.
    init(
        _ proposals: [(proposal: Proposal, sender: LeafIndex)], committer: LeafIndex, suite: CipherSuite
    ) throws(MLSError) {
        for (proposal, sender) in proposals {
            isEmpty = false
            switch proposal {
            case .add(let keyPackage): adds.append(try keyPackage.content.verified(suite: suite))
            case .update(let leaf):
                guard sender != committer else {
                    throw MLSError(.committerUpdate, "a committer updates itself by the path, not by an Update")
                }
                updates.append((sender, leaf))
            case .remove(let index):
                guard index != committer else {
                    throw MLSError(.invalidRemove, "a committer cannot remove itself")
                }
                removes.append(index)
            case .preSharedKey(let id): preSharedKeys.append(id)
            case .groupContextExtensions(let list):
                guard extensions == nil else {
                    throw MLSError(.invalidProposalList, "a commit sets the extensions twice")
                }
                try list.checkUnique()
                extensions = list
            case .reInit, .externalInit:
                throw MLSError(.unsupportedFeature, "ReInit and ExternalInit are not supported yet")
            }
        }
        try checkTargets()
        try checkPreSharedKeys(suite: suite)
    }

    /// No leaf is updated or removed twice, or both.
    private func checkTargets() throws(MLSError) {
        var touched: Set<LeafIndex> = []
        for index in updates.map(\.index) + removes where !touched.insert(index).inserted {
            throw MLSError(.invalidProposalList, "a commit changes leaf \(index) twice")
        }
    }

    private func checkPreSharedKeys(suite: CipherSuite) throws(MLSError) {
        guard Set(preSharedKeys).count == preSharedKeys.count else {
            throw MLSError(.invalidProposalList, "a commit uses one pre-shared key twice")
        }
        for id in preSharedKeys {
            guard id.nonce.count == suite.hashLength else {
                throw MLSError(.invalidProposalList, "a pre-shared key's nonce has the wrong size")
            }
            if case .resumption(let usage, _, _) = id.kind, usage != .application {
                throw MLSError(.invalidProposalList, "a pre-shared key is meant for another use")
            }
        }
    }

    /// Whether the commit must have a path (§12.4): unless it holds only Adds and PSKs, and at least one.
    var requiresPath: Bool {
        isEmpty || !updates.isEmpty || !removes.isEmpty || extensions != nil
    }

    /// Applies Updates, Removes and Adds, in the order of §12.3, and checks the leaves that come in.
    /// - Returns: where the added members are.
    func apply(to tree: inout RatchetTree, context: GroupContext) throws(MLSError) -> [LeafIndex] {
        let extensions = extensions ?? context.extensions
        let required = try extensions.requiredCapabilities()
        for (index, leaf) in updates {
            guard case .update = leaf.source else {
                throw MLSError(.wrongLeafNodeSource, "an Update's leaf is not made for one")
            }
            guard leaf.encryptionKey != tree.leaf(index)?.encryptionKey else {
                throw MLSError(.encryptionKeyNotRenewed, "an Update keeps the old encryption key")
            }
            try leaf.verifySignature(suite: tree.suite, groupID: context.groupID, index: index)
            try tree.update(index, to: leaf)
        }
        for index in removes { try tree.remove(index) }
        var added: [LeafIndex] = []
        for keyPackage in adds { added.append(try tree.add(keyPackage.leafNode)) }
        let fresh = self.extensions == nil ? updates.map(\.leaf) + adds.map(\.leafNode) : tree.members.map(\.leaf)
        for leaf in fresh {
            try leaf.validate(suite: tree.suite, required: required)
            try leaf.validateSupport(of: extensions)
        }
        try tree.validateCredentialSupport()
        return added
    }
}
