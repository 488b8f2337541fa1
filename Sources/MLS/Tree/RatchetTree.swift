/// The public ratchet tree (§7): a full binary tree of members' leaves and the keys above them. A value; copies share
/// storage until one is changed. Tree hashes are kept and recomputed only along paths that changed.
struct RatchetTree: Sendable {
    let suite: CipherSuite
    /// A power of two of them; nil is blank.
    private(set) var leaves: [LeafNode?]
    /// `parents[i]` is node `2i + 1`.
    private(set) var parents: [ParentNode?]
    var hashes: TreeHashes
    /// What was changed since ``takeChange()``.
    private(set) var change = TreeChange()
    /// No leaf before this one is blank.
    private var firstBlankHint = 0

    /// A tree of one leaf.
    init(first leaf: LeafNode, suite: CipherSuite) {
        self.init(leaves: [leaf], parents: [], suite: suite)
    }

    /// - Precondition: the number of leaves is a power of two, and there is one parent fewer.
    init(leaves: [LeafNode?], parents: [ParentNode?], suite: CipherSuite) {
        precondition(leaves.count.nonzeroBitCount == 1 && parents.count == leaves.count - 1)
        self.suite = suite
        self.leaves = leaves
        self.parents = parents
        hashes = TreeHashes(width: TreeMath.width(leafCount: leaves.count), length: suite.hashLength)
    }

    mutating func takeChange() -> TreeChange {
        defer { change = TreeChange() }
        return change
    }

    var leafCount: Int { leaves.count }
    var root: NodeIndex { TreeMath.root(leafCount: leafCount) }

    // MARK: Looking

    func leaf(_ index: LeafIndex) -> LeafNode? {
        Int(index.value) < leaves.count ? leaves[Int(index.value)] : nil
    }

    func parent(_ node: NodeIndex) -> ParentNode? {
        let index = Int(node.value / 2)
        return !node.isLeaf && index < parents.count ? parents[index] : nil
    }

    /// The members in the order of their leaves.
    var members: [(index: LeafIndex, leaf: LeafNode)] {
        leaves.enumerated().compactMap { index, leaf in leaf.map { (LeafIndex(UInt32(index)), $0) } }
    }

    var memberCount: Int { leaves.reduce(0) { $1 == nil ? $0 : $0 + 1 } }

    func isBlank(_ node: NodeIndex) -> Bool {
        if let leaf = node.leaf { return self.leaf(leaf) == nil }
        return parent(node) == nil
    }

    func encryptionKey(of node: NodeIndex) -> [UInt8]? {
        if let leaf = node.leaf { return self.leaf(leaf)?.encryptionKey }
        return parent(node)?.encryptionKey
    }

    /// The nodes that together cover the members below `node` (§4.1.1).
    func resolution(of node: NodeIndex) -> [NodeIndex] {
        var result: [NodeIndex] = []
        appendResolution(of: node, to: &result)
        return result
    }

    private func appendResolution(of node: NodeIndex, to result: inout [NodeIndex]) {
        if let leaf = node.leaf {
            if self.leaf(leaf) != nil { result.append(node) }
        } else if let parent = parent(node) {
            result.append(node)
            result.append(contentsOf: parent.unmergedLeaves.map { NodeIndex(leaf: $0) })
        } else if let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) {
            appendResolution(of: left, to: &result)
            appendResolution(of: right, to: &result)
        }
    }

    /// Whether nobody is below `node`.
    private func hasEmptyResolution(_ node: NodeIndex) -> Bool {
        if let leaf = node.leaf { return self.leaf(leaf) == nil }
        if parent(node) != nil { return false }
        guard let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) else { return true }
        return hasEmptyResolution(left) && hasEmptyResolution(right)
    }

    /// A node of a leaf's filtered direct path with the child that is not on the path (§4.1.2).
    struct PathStep: Sendable {
        let node: NodeIndex
        let copathChild: NodeIndex
    }

    /// The direct path without the nodes whose copath child resolves to nobody (§4.1.2).
    func filteredDirectPath(of leaf: LeafIndex) -> [PathStep] {
        var steps: [PathStep] = []
        var current = NodeIndex(leaf: leaf)
        while let parent = TreeMath.parent(of: current, leafCount: leafCount),
            let sibling = TreeMath.sibling(of: current, leafCount: leafCount)
        {
            if !hasEmptyResolution(sibling) { steps.append(PathStep(node: parent, copathChild: sibling)) }
            current = parent
        }
        return steps
    }

    // MARK: Changing (§7.7, §12.1)

    /// The leftmost blank leaf, growing the tree where there is none.
    /// - Throws: `limitExceeded`.
    mutating func makeRoom() throws(MLSError) -> LeafIndex {
        while firstBlankHint < leaves.count, leaves[firstBlankHint] != nil { firstBlankHint += 1 }
        if firstBlankHint == leaves.count {
            guard leaves.count * 2 <= Limits.leaves else {
                throw MLSError(.limitExceeded, "a group has at most \(Limits.leaves) leaves")
            }
            grow()
        }
        return LeafIndex(UInt32(firstBlankHint))
    }

    /// Puts a leaf into the leftmost blank place.
    mutating func add(_ leaf: LeafNode) throws(MLSError) -> LeafIndex {
        let index = try makeRoom()
        leaves[Int(index.value)] = leaf
        change.gains(leaf)
        invalidatePath(of: index)
        for node in TreeMath.directPath(of: NodeIndex(leaf: index), leafCount: leafCount) {
            guard var parent = parents[Int(node.value / 2)] else { continue }
            let position = parent.unmergedLeaves.firstIndex { $0 > index } ?? parent.unmergedLeaves.endIndex
            parent.unmergedLeaves.insert(index, at: position)
            parents[Int(node.value / 2)] = parent
        }
        return index
    }

    /// Blanks a leaf and its direct path, then cuts off blank right halves.
    /// - Throws: rule v70 where there is no such member.
    mutating func remove(_ index: LeafIndex) throws(MLSError) {
        guard let old = leaf(index) else { throw MLSError(.v70, "there is no member at leaf \(index)") }
        leaves[Int(index.value)] = nil
        firstBlankHint = min(firstBlankHint, Int(index.value))
        change.loses(old)
        blankDirectPath(of: index)
        truncate()
    }

    /// Replaces a leaf and blanks its direct path.
    /// - Throws: rule v6 where there is no such member.
    mutating func update(_ index: LeafIndex, to leaf: LeafNode) throws(MLSError) {
        guard let old = self.leaf(index) else { throw MLSError(.v6, "there is no member at leaf \(index)") }
        leaves[Int(index.value)] = leaf
        change.loses(old)
        change.gains(leaf)
        blankDirectPath(of: index)
    }

    /// Sets the nodes of a commit's path (§7.5): filtered nodes get `keys` and no unmerged leaves, the others are blanked;
    /// parent hashes are set from the root down. Gives the parent hash for the leaf.
    /// - Throws: rule v104 where there are not as many keys as nodes.
    mutating func setPath(of index: LeafIndex, steps: [PathStep], keys: [[UInt8]]) throws(MLSError) -> [UInt8] {
        guard steps.count == keys.count else {
            throw MLSError(.v104, "an update path has \(keys.count) nodes instead of \(steps.count)")
        }
        blankDirectPath(of: index)
        for step in steps { _ = treeHash(of: step.copathChild) }
        var parentHash: [UInt8] = []
        for (step, key) in zip(steps, keys).reversed() {
            change.gains(key: key)
            parents[Int(step.node.value / 2)] = ParentNode(
                encryptionKey: key, parentHash: parentHash, unmergedLeaves: [])
            parentHash = try self.parentHash(of: step.node, copathChild: step.copathChild)
        }
        return parentHash
    }

    /// Sets a committer's leaf, the last step of a path, and nothing else.
    mutating func setLeaf(_ index: LeafIndex, to leaf: LeafNode) {
        guard Int(index.value) < leaves.count else { return }
        if let old = leaves[Int(index.value)] { change.loses(old) }
        change.gains(leaf)
        leaves[Int(index.value)] = leaf
        invalidatePath(of: index)
    }

    private mutating func blankDirectPath(of index: LeafIndex) {
        for node in TreeMath.directPath(of: NodeIndex(leaf: index), leafCount: leafCount) {
            blank(parent: Int(node.value / 2))
        }
        invalidatePath(of: index)
    }

    private mutating func blank(parent position: Int) {
        guard let old = parents[position] else { return }
        change.loses(key: old.encryptionKey)
        parents[position] = nil
    }

    private mutating func invalidatePath(of index: LeafIndex) {
        let leaf = NodeIndex(leaf: index)
        hashes[leaf] = nil
        for node in TreeMath.directPath(of: leaf, leafCount: leafCount) { hashes[node] = nil }
    }

    private mutating func grow() {
        let count = leaves.count
        leaves.append(contentsOf: repeatElement(nil, count: count))
        parents.append(contentsOf: repeatElement(nil, count: count))
        hashes.resize(width: TreeMath.width(leafCount: leafCount))
    }

    /// Halves the tree while its right half is blank (§7.7).
    private mutating func truncate() {
        while leaves.count > 1, leaves[(leaves.count / 2)...].allSatisfy({ $0 == nil }) {
            let half = leaves.count / 2
            for position in parents.index(parents.endIndex, offsetBy: -half)..<parents.endIndex {
                blank(parent: position)
            }
            leaves.removeLast(half)
            parents.removeLast(half)
            hashes.resize(width: TreeMath.width(leafCount: leafCount))
        }
    }
}
