import WireFormat

/// The tree as the `ratchet_tree` extension carries it (§12.4.3.3): `optional<Node> ratchet_tree<V>;`
extension RatchetTree {
    private enum Node: WireDecodable {
        case leaf(LeafNode)
        case parent(ParentNode)

        init(from reader: inout Reader) throws(WireError) {
            switch try reader.uint8("node_type") {
            case 1: self = .leaf(try LeafNode(from: &reader))
            case 2: self = .parent(try ParentNode(from: &reader))
            default: throw WireError(.unknownValue, "node_type")
            }
        }
    }

    /// All nodes from the left, without the blank ones at the right end.
    var encoded: [UInt8] {
        var writer = Writer(reservingCapacity: 256 * memberCount + TreeMath.width(leafCount: leafCount))
        encode(to: &writer)
        return writer.bytes
    }

    func encode(to writer: inout Writer) {
        // The last node that is not blank is a leaf, or a parent above one.
        let width = TreeMath.width(leafCount: leafCount)
        let end = (0..<width).last { !isBlank(NodeIndex(UInt32($0))) } ?? -1
        writer.vector { writer in
            for index in 0..<(end + 1) {
                let node = NodeIndex(UInt32(index))
                if let leaf = node.leaf.flatMap({ self.leaf($0) }) {
                    writer.uint8(1)
                    writer.uint8(1)
                    leaf.encode(to: &writer)
                } else if let parent = parent(node) {
                    writer.uint8(1)
                    writer.uint8(2)
                    parent.encode(to: &writer)
                } else {
                    writer.uint8(0)
                }
            }
        }
    }

    /// Reads a tree. Only its form is checked: ``validate(context:)`` does the rest.
    /// - Throws: `malformed`, `limitExceeded`, the rules v66 and v67.
    init(decoding bytes: [UInt8], suite: CipherSuite) throws(MLSError) {
        var reader = Reader(bytes)
        try self.init(from: &reader, suite: suite)
        try MLS.decoding { () throws(WireError) in try reader.finish("ratchet_tree") }
    }

    /// Whether all unmerged leaves have a place in this tree, which nobody has checked of a tree that was just read.
    var namesOwnLeavesOnly: Bool {
        parents.allSatisfy { $0?.unmergedLeaves.allSatisfy { Int($0.value) < leafCount } ?? true }
    }

    init(from reader: inout Reader, suite: CipherSuite) throws(MLSError) {
        let nodes = try MLS.decoding { () throws(WireError) in
            var count = 0
            return try reader.vector("ratchet_tree") { (reader) throws(WireError) -> Node? in
                count += 1
                guard count <= TreeMath.width(leafCount: Limits.leaves) else {
                    throw WireError(.limitExceeded, "a tree of \(Limits.leaves) leaves")
                }
                return try reader.optional()
            }
        }
        guard let last = nodes.last, last != nil else {
            throw MLSError(.v66, "a tree is empty or ends with a blank node")
        }
        var leafCount = 1
        while TreeMath.width(leafCount: leafCount) < nodes.count { leafCount *= 2 }
        var leaves = [LeafNode?](repeating: nil, count: leafCount)
        var parents = [ParentNode?](repeating: nil, count: leafCount - 1)
        for (index, entry) in nodes.enumerated() {
            switch entry {
            case nil: continue
            case .leaf(let leaf) where index.isMultiple(of: 2): leaves[index / 2] = leaf
            case .parent(let parent) where !index.isMultiple(of: 2): parents[index / 2] = parent
            default: throw MLSError(.v67, "a tree has a leaf or a parent in the wrong place")
            }
        }
        self.init(leaves: leaves, parents: parents, suite: suite)
    }
}
