import WireFormat

/// The tree as the `ratchet_tree` extension carries it (§12.4.3.3): `optional<Node> ratchet_tree<V>;`
extension RatchetTree {
    private enum Node: WireCodable {
        case leaf(LeafNode)
        case parent(ParentNode)

        init(from reader: inout Reader) throws(WireError) {
            switch try reader.uint8("node_type") {
            case 1: self = .leaf(try LeafNode(from: &reader))
            case 2: self = .parent(try ParentNode(from: &reader))
            default: throw WireError(.unknownValue, "node_type")
            }
        }

        func encode(to writer: inout Writer) {
            switch self {
            case .leaf(let leaf):
                writer.uint8(1)
                leaf.encode(to: &writer)
            case .parent(let parent):
                writer.uint8(2)
                parent.encode(to: &writer)
            }
        }
    }

    private struct OptionalNode: WireCodable {
        let node: Node?
        init(_ node: Node?) { self.node = node }
        init(from reader: inout Reader) throws(WireError) { node = try reader.optional() }
        func encode(to writer: inout Writer) { writer.optional(node) }
    }

    /// All nodes from the left, without the blank ones at the right end.
    var encoded: [UInt8] {
        var nodes: [Node?] = []
        for index in 0..<UInt32(TreeMath.width(leafCount: leafCount)) {
            let node = NodeIndex(index)
            if let leaf = node.leaf {
                nodes.append(self.leaf(leaf).map { .leaf($0) })
            } else {
                nodes.append(parent(node).map { .parent($0) })
            }
        }
        while let last = nodes.last, last == nil { nodes.removeLast() }
        var writer = Writer(reservingCapacity: nodes.count * 256)
        writer.vector(nodes.map { OptionalNode($0) })
        return writer.bytes
    }

    /// Reads a tree. Only its form is checked: ``validate(context:)`` does the rest.
    /// - Throws: `malformed`, `malformedTree`, `limitExceeded`.
    init(decoding bytes: [UInt8], suite: CipherSuite) throws(MLSError) {
        var reader = Reader(bytes)
        let nodes = try MLS.decoding { () throws(WireError) in
            let nodes = try reader.vector(of: OptionalNode.self, "ratchet_tree")
            try reader.finish("ratchet_tree")
            return nodes
        }
        guard let last = nodes.last, last.node != nil else {
            throw MLSError(.malformedTree, "a tree is empty or ends with a blank node")
        }
        guard nodes.count <= 2 * Limits.leaves - 1 else {
            throw MLSError(.limitExceeded, "a tree has at most \(Limits.leaves) leaves")
        }
        var leafCount = 1
        while TreeMath.width(leafCount: leafCount) < nodes.count { leafCount *= 2 }
        var leaves = [LeafNode?](repeating: nil, count: leafCount)
        var parents = [ParentNode?](repeating: nil, count: leafCount - 1)
        for (index, entry) in nodes.enumerated() {
            switch entry.node {
            case nil: continue
            case .leaf(let leaf) where index.isMultiple(of: 2): leaves[index / 2] = leaf
            case .parent(let parent) where !index.isMultiple(of: 2): parents[index / 2] = parent
            default: throw MLSError(.malformedTree, "a tree has a leaf or a parent in the wrong place")
            }
        }
        self.init(leaves: leaves, parents: parents, suite: suite)
    }
}
