/// A node's place in the array form of the tree (RFC 9420 Appendix C): leaves are even, parents odd.
struct NodeIndex: Hashable, Comparable, Sendable {
    let value: UInt32
    init(_ value: UInt32) { self.value = value }
    init(leaf: LeafIndex) { value = leaf.value * 2 }
    var isLeaf: Bool { value.isMultiple(of: 2) }
    /// The leaf at this place, where it is one.
    var leaf: LeafIndex? { isLeaf ? LeafIndex(value / 2) : nil }
    static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// Arithmetic on the full binary tree (Appendix C). `leafCount` is always a power of two.
enum TreeMath {
    /// Nodes of a tree with that many leaves.
    static func width(leafCount: Int) -> Int { leafCount == 0 ? 0 : 2 * leafCount - 1 }

    static func root(leafCount: Int) -> NodeIndex { NodeIndex(UInt32(leafCount) - 1) }

    /// Height above the leaves.
    static func level(of node: NodeIndex) -> UInt32 {
        UInt32((~node.value).trailingZeroBitCount)
    }

    static func left(of node: NodeIndex) -> NodeIndex? {
        let level = level(of: node)
        return level == 0 ? nil : NodeIndex(node.value ^ (1 << (level - 1)))
    }

    static func right(of node: NodeIndex) -> NodeIndex? {
        let level = level(of: node)
        return level == 0 ? nil : NodeIndex(node.value ^ (3 << (level - 1)))
    }

    /// Nil for the root.
    static func parent(of node: NodeIndex, leafCount: Int) -> NodeIndex? {
        guard node != root(leafCount: leafCount) else { return nil }
        let level = level(of: node)
        let bit = (node.value >> (level + 1)) & 1
        return NodeIndex((node.value | (1 << level)) ^ (bit << (level + 1)))
    }

    /// Nil for the root.
    static func sibling(of node: NodeIndex, leafCount: Int) -> NodeIndex? {
        guard let parent = parent(of: node, leafCount: leafCount) else { return nil }
        return node < parent ? right(of: parent) : left(of: parent)
    }

    /// From the node's parent to the root; empty for the root.
    static func directPath(of node: NodeIndex, leafCount: Int) -> [NodeIndex] {
        var path: [NodeIndex] = []
        var current = node
        while let parent = parent(of: current, leafCount: leafCount) {
            path.append(parent)
            current = parent
        }
        return path
    }

    /// Whether `node` is `ancestor` or below it.
    static func isInSubtree(_ node: NodeIndex, of ancestor: NodeIndex) -> Bool {
        let reach: UInt32 = (1 << level(of: ancestor)) - 1
        return node.value >= ancestor.value - reach && node.value <= ancestor.value + reach
    }

    /// The lowest node above both leaves; nil where they are the same.
    static func commonAncestor(_ a: LeafIndex, _ b: LeafIndex) -> NodeIndex? {
        guard a != b else { return nil }
        let (x, y) = (a.value * 2, b.value * 2)
        let height = UInt32(32 - (x ^ y).leadingZeroBitCount)
        return NodeIndex(((x >> height) << height) | ((1 << (height - 1)) - 1))
    }
}
