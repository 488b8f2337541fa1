import WireFormat

/// Tree hashes (§7.8) and parent hashes (§7.9).
extension RatchetTree {
    /// The hash of the whole tree. Computes, and keeps, what is not known.
    mutating func treeHash() -> [UInt8] { treeHash(of: root) }

    mutating func treeHash(of node: NodeIndex) -> [UInt8] {
        if let known = hashes[node] { return known }
        let hash: [UInt8]
        if let leaf = node.leaf {
            hash = Self.leafHash(index: leaf, leaf: self.leaf(leaf), suite: suite)
        } else if let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) {
            let (leftHash, rightHash) = (treeHash(of: left), treeHash(of: right))
            hash = Self.parentTreeHash(parent(node), left: leftHash, right: rightHash, suite: suite)
        } else {
            hash = []
        }
        hashes[node] = hash
        return hash
    }

    /// The tree hash of a subtree as it would be without `excluded` leaves: "original sibling tree hash" (§7.9).
    /// - Parameter excluded: in order; those that are elsewhere do not matter.
    private func treeHash(of node: NodeIndex, excluding excluded: ArraySlice<LeafIndex>) -> [UInt8] {
        let inside = excluded.filter { TreeMath.isInSubtree(NodeIndex(leaf: $0), of: node) }
        return treeHash(of: node, excludingInside: inside[...])
    }

    /// As above, where all of `excluded` are below `node`: each is looked at once on every level.
    private func treeHash(of node: NodeIndex, excludingInside excluded: ArraySlice<LeafIndex>) -> [UInt8] {
        if excluded.isEmpty, let known = hashes[node] { return known }
        if let leaf = node.leaf {
            return Self.leafHash(index: leaf, leaf: excluded.isEmpty ? self.leaf(leaf) : nil, suite: suite)
        }
        guard let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) else { return [] }
        var parent = parent(node)
        if let old = parent?.unmergedLeaves, !old.isEmpty, !excluded.isEmpty {
            let gone = Set(excluded)
            parent?.unmergedLeaves = old.filter { !gone.contains($0) }
        }
        let middle = excluded.firstIndex { NodeIndex(leaf: $0) > node } ?? excluded.endIndex
        return Self.parentTreeHash(
            parent, left: treeHash(of: left, excludingInside: excluded[..<middle]),
            right: treeHash(of: right, excludingInside: excluded[middle...]), suite: suite)
    }

    /// `struct { HPKEPublicKey encryption_key; opaque parent_hash<V>; opaque original_sibling_tree_hash<V>; }
    /// ParentHashInput;` (§7.9), hashed.
    func parentHash(of node: NodeIndex, copathChild: NodeIndex) throws(MLSError) -> [UInt8] {
        guard let parent = parent(node) else { throw MLSError(.v61, "a blank node has no parent hash") }
        var writer = Writer(reservingCapacity: 128)
        writer.opaque(parent.encryptionKey)
        writer.opaque(parent.parentHash)
        writer.opaque(treeHash(of: copathChild, excluding: parent.unmergedLeaves[...]))
        return suite.hash(writer.bytes)
    }

    /// `struct { uint8 1; uint32 leaf_index; optional<LeafNode> leaf_node; }` (§7.8)
    private static func leafHash(index: LeafIndex, leaf: LeafNode?, suite: CipherSuite) -> [UInt8] {
        var writer = Writer(reservingCapacity: 256)
        writer.uint8(1)
        index.encode(to: &writer)
        writer.optional(leaf)
        return suite.hash(writer.bytes)
    }

    /// `struct { uint8 2; optional<ParentNode> parent_node; opaque left_hash<V>; opaque right_hash<V>; }` (§7.8)
    private static func parentTreeHash(
        _ parent: ParentNode?, left: [UInt8], right: [UInt8], suite: CipherSuite
    ) -> [UInt8] {
        var writer = Writer(reservingCapacity: 192)
        writer.uint8(2)
        writer.optional(parent)
        writer.opaque(left)
        writer.opaque(right)
        return suite.hash(writer.bytes)
    }
}
