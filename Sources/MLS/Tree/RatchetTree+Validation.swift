/// The checks of a tree that came from somebody else (§12.4.3.1, §7.9.2).
extension RatchetTree {
    /// - Parameter context: whose group id and extensions the leaves are bound to, and whose tree hash must be this tree's.
    mutating func validate(context: GroupContext) throws(MLSError) {
        guard treeHash() == context.treeHash else {
            throw MLSError(.wrongTreeHash, "the tree is not the one that the group agreed on")
        }
        try validateParents()
        try validateParentHashes()
        let required = try context.extensions.requiredCapabilities()
        for (index, leaf) in members {
            try leaf.validate(suite: suite, required: required)
            try leaf.validateSupport(of: context.extensions)
            try leaf.verifySignature(suite: suite, groupID: context.groupID, index: index)
        }
        try validateUniqueKeys()
        try validateCredentialSupport()
    }

    /// That no two leaves share a signature key, and no two nodes an encryption key (§7.3, §12.4.3.1).
    func validateUniqueKeys() throws(MLSError) {
        var signatureKeys: Set<[UInt8]> = []
        var encryptionKeys: Set<[UInt8]> = []
        for (_, leaf) in members {
            guard signatureKeys.insert(leaf.signatureKey).inserted else {
                throw MLSError(.duplicateSignatureKey, "two members have one signature key")
            }
            guard encryptionKeys.insert(leaf.encryptionKey).inserted else {
                throw MLSError(.duplicateEncryptionKey, "two nodes have one encryption key")
            }
        }
        for parent in parents {
            guard let parent else { continue }
            guard encryptionKeys.insert(parent.encryptionKey).inserted else {
                throw MLSError(.duplicateEncryptionKey, "two nodes have one encryption key")
            }
        }
    }

    /// That every member supports the credential types in use (§7.3).
    func validateCredentialSupport() throws(MLSError) {
        let inUse = Set(members.map(\.leaf.credential.type))
        for (_, leaf) in members where !inUse.isSubset(of: leaf.capabilities.credentials) {
            throw MLSError(.missingCapability, "a member does not support another's kind of credential")
        }
    }

    /// `unmerged_leaves` (§12.4.3.1): members below the node, in order, and named by every node in between.
    private func validateParents() throws(MLSError) {
        for (index, parent) in parents.enumerated() {
            guard let parent else { continue }
            let node = NodeIndex(UInt32(2 * index + 1))
            for (earlier, later) in zip(parent.unmergedLeaves, parent.unmergedLeaves.dropFirst())
            where earlier >= later {
                throw MLSError(.invalidUnmergedLeaves, "unmerged leaves are not in order")
            }
            for leaf in parent.unmergedLeaves {
                guard self.leaf(leaf) != nil, TreeMath.isInSubtree(NodeIndex(leaf: leaf), of: node) else {
                    throw MLSError(.invalidUnmergedLeaves, "an unmerged leaf is blank or elsewhere")
                }
                for between in TreeMath.directPath(of: NodeIndex(leaf: leaf), leafCount: leafCount) {
                    if between == node { break }
                    if let inner = self.parent(between), !inner.unmergedLeaves.contains(leaf) {
                        throw MLSError(.invalidUnmergedLeaves, "an unmerged leaf is left out by a node in between")
                    }
                }
            }
        }
    }

    /// That each parent node is bound to a node below it by its parent hash (§7.9.2).
    private func validateParentHashes() throws(MLSError) {
        for index in parents.indices where parents[index] != nil {
            let node = NodeIndex(UInt32(2 * index + 1))
            guard let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) else { continue }
            let isValid = try isParentHashValid(of: node, through: left, sibling: right)
            let isValidOther = isValid ? true : try isParentHashValid(of: node, through: right, sibling: left)
            guard isValidOther else {
                throw MLSError(.invalidParentHash, "a parent node is not bound to any node below it")
            }
        }
    }

    private func isParentHashValid(
        of node: NodeIndex, through child: NodeIndex, sibling: NodeIndex
    ) throws(MLSError) -> Bool {
        guard let parent = parent(node) else { return false }
        let expected = try parentHash(of: node, copathChild: sibling)
        let resolution = resolution(of: child)
        let unmerged = Set(
            parent.unmergedLeaves.lazy.map { NodeIndex(leaf: $0) }.filter {
                TreeMath.isInSubtree($0, of: child)
            })
        for candidate in resolution {
            let hash = candidate.leaf.map { leaf($0)?.parentHash } ?? self.parent(candidate)?.parentHash
            guard hash == expected else { continue }
            if Set(resolution.filter { $0 != candidate }) == unmerged { return true }
        }
        return false
    }
}
