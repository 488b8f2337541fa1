/// The checks of a tree that came from somebody else (§12.4.3.1, §7.9.2).
extension RatchetTree {
    /// - Parameter context: whose group id and extensions the leaves are bound to, and whose tree hash must be this tree's.
    /// - Throws: the rules v30 to v37, v42 to v45 and v60 to v65.
    mutating func validate(context: GroupContext) throws(MLSError) -> TreeIndex {
        guard treeHash() == context.treeHash else {
            throw MLSError(.v60, "the tree is not the one that the group agreed on")
        }
        try validateUnmergedLeaves()
        try validateParentHashes()
        for case let parent? in parents where !suite.isUsable(encryptionKey: parent.encryptionKey) {
            throw MLSError(.v45, "a parent node has a key that cannot be used")
        }
        let required = try context.extensions.requiredCapabilities()
        let (suite, groupID) = (suite, context.groupID)
        for (_, leaf) in members {
            try leaf.validate(suite: suite, required: required)
            try leaf.validateSupport(of: context.extensions, rule: .v44)
        }
        try Parallel.forEach(members) { (member) throws(MLSError) in
            try member.leaf.verifySignature(suite: suite, groupID: groupID, index: member.index)
        }
        return try TreeIndex(checking: self)
    }

    /// `unmerged_leaves` (§7.1, §12.4.3.1): in order; members below the node; named by every node in between.
    private func validateUnmergedLeaves() throws(MLSError) {
        for case let parent? in parents {
            guard zip(parent.unmergedLeaves, parent.unmergedLeaves.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw MLSError(.v64, "unmerged leaves are not in order")
            }
        }
        for (index, parent) in parents.enumerated() {
            guard let parent else { continue }
            let node = NodeIndex(UInt32(2 * index + 1))
            for leaf in parent.unmergedLeaves {
                guard self.leaf(leaf) != nil, TreeMath.isInSubtree(NodeIndex(leaf: leaf), of: node) else {
                    throw MLSError(.v62, "an unmerged leaf is blank or elsewhere")
                }
                for between in TreeMath.directPath(of: NodeIndex(leaf: leaf), leafCount: leafCount) {
                    if between == node { break }
                    if let inner = self.parent(between), !inner.hasUnmerged(leaf) {
                        throw MLSError(.v63, "an unmerged leaf is left out by a node in between")
                    }
                }
            }
        }
    }

    /// That each parent node is bound to exactly one node below it by its parent hash (§7.9.2).
    private func validateParentHashes() throws(MLSError) {
        for index in parents.indices where parents[index] != nil {
            let node = NodeIndex(UInt32(2 * index + 1))
            guard let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) else { continue }
            let bound =
                try nodesBound(to: node, through: left, sibling: right)
                + nodesBound(to: node, through: right, sibling: left)
            guard bound == 1 else {
                throw MLSError(.v61, "a parent node is bound to \(bound) nodes below it")
            }
        }
    }

    /// How many nodes below `child` have a parent hash that is valid with respect to `node`.
    private func nodesBound(
        to node: NodeIndex, through child: NodeIndex, sibling: NodeIndex
    ) throws(MLSError) -> Int {
        guard let parent = parent(node) else { return 0 }
        let unmerged = parent.unmergedLeaves.lazy.filter { TreeMath.isInSubtree(NodeIndex(leaf: $0), of: child) }
            .map { NodeIndex(leaf: $0) }
        let resolution = resolution(of: child)
        // All but one of the resolution are the unmerged leaves: that one is the only candidate.
        guard resolution.count == unmerged.count + 1 else { return 0 }
        let expected = try parentHash(of: node, copathChild: sibling)
        let unmergedSet = Set(unmerged)
        return resolution.count { candidate in
            let hash = candidate.leaf.map { leaf($0)?.parentHash } ?? self.parent(candidate)?.parentHash
            return hash == expected && !unmergedSet.contains(candidate)
                && resolution.allSatisfy { $0 == candidate || unmergedSet.contains($0) }
        }
    }
}
