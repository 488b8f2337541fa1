/// The public ratchet tree (§7): a full binary tree of members' leaves and the keys above them. A value; copies share
/// storage until one is changed. Tree hashes are kept and recomputed only along paths that changed.
struct RatchetTree: Sendable {
    let suite: CipherSuite
    /// A power of two of them; nil is blank.
    private(set) var leaves: [LeafNode?]
    /// `parents[i]` is node `2i + 1`.
    private(set) var parents: [ParentNode?]
    /// By node; nil where it has to be computed anew.
    var hashCache: [[UInt8]?]

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
        hashCache = Array(repeating: nil, count: TreeMath.width(leafCount: leaves.count))
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

    /// Puts a leaf into the leftmost blank place, growing the tree where there is none.
    mutating func add(_ leaf: LeafNode) throws(MLSError) -> LeafIndex {
        let place = leaves.firstIndex { $0 == nil } ?? leaves.count
        if place == leaves.count {
            guard leaves.count * 2 <= Limits.leaves else {
                throw MLSError(.limitExceeded, "a group has at most \(Limits.leaves) leaves")
            }
            grow()
        }
        let index = LeafIndex(UInt32(place))
        leaves[place] = leaf
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
    /// - Throws: `invalidRemove` where there is no such member.
    mutating func remove(_ index: LeafIndex) throws(MLSError) {
        guard leaf(index) != nil else { throw MLSError(.invalidRemove, "there is no member at leaf \(index)") }
        leaves[Int(index.value)] = nil
        blankDirectPath(of: index)
        truncate()
    }

    /// Replaces a leaf and blanks its direct path.
    mutating func update(_ index: LeafIndex, to leaf: LeafNode) throws(MLSError) {
        guard self.leaf(index) != nil else { throw MLSError(.unknownSender, "there is no member at leaf \(index)") }
        leaves[Int(index.value)] = leaf
        blankDirectPath(of: index)
    }

    /// Sets the nodes of a commit's path (§7.5): filtered nodes get `keys` and no unmerged leaves, the others are blanked;
    /// parent hashes are set from the root down. Gives the parent hash for the leaf.
    mutating func setPath(of index: LeafIndex, steps: [PathStep], keys: [[UInt8]]) throws(MLSError) -> [UInt8] {
        guard steps.count == keys.count else {
            throw MLSError(.invalidPath, "an update path has \(keys.count) nodes instead of \(steps.count)")
        }
        blankDirectPath(of: index)
        for (step, key) in zip(steps, keys) {
            parents[Int(step.node.value / 2)] = ParentNode(encryptionKey: key, parentHash: [], unmergedLeaves: [])
        }
        var parentHash: [UInt8] = []
        for step in steps.reversed() {
            parents[Int(step.node.value / 2)]?.parentHash = parentHash
            _ = treeHash(of: step.copathChild)
            parentHash = try self.parentHash(of: step.node, copathChild: step.copathChild)
        }
        return parentHash
    }

    /// Replaces a leaf and nothing else: the last step of a path.
    mutating func setLeaf(_ index: LeafIndex, to leaf: LeafNode) {
        guard Int(index.value) < leaves.count else { return }
        leaves[Int(index.value)] = leaf
        invalidatePath(of: index)
    }

    private mutating func blankDirectPath(of index: LeafIndex) {
        for node in TreeMath.directPath(of: NodeIndex(leaf: index), leafCount: leafCount) {
            parents[Int(node.value / 2)] = nil
        }
        invalidatePath(of: index)
    }

    private mutating func invalidatePath(of index: LeafIndex) {
        let leaf = NodeIndex(leaf: index)
        hashCache[Int(leaf.value)] = nil
        for node in TreeMath.directPath(of: leaf, leafCount: leafCount) { hashCache[Int(node.value)] = nil }
    }

    private mutating func grow() {
        let count = leaves.count
        leaves.append(contentsOf: repeatElement(nil, count: count))
        parents.append(contentsOf: repeatElement(nil, count: count))
        hashCache.append(contentsOf: repeatElement(nil, count: 2 * count))
    }

    /// Halves the tree while its right half is blank (§7.7).
    private mutating func truncate() {
        while leaves.count > 1, leaves[(leaves.count / 2)...].allSatisfy({ $0 == nil }) {
            let half = leaves.count / 2
            leaves.removeLast(half)
            parents.removeLast(half)
            hashCache.removeLast(2 * half)
        }
    }
}
