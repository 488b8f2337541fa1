import Sodium
import WireFormat

/// One epoch's message keys (§9): a tree of secrets that is used up from the root as leaves are asked for, and for each
/// leaf two hash ratchets. What was used is gone (§9.2).
struct SecretTree: Sendable {
    enum RatchetKind: UInt8, Sendable, Hashable {
        case handshake = 0
        case application = 1

        init(_ type: ContentType) { self = type == .application ? .application : .handshake }

        var label: String { self == .handshake ? "handshake" : "application" }
    }

    fileprivate struct RatchetName: Hashable, Sendable {
        let leaf: LeafIndex
        let kind: RatchetKind
    }

    private let suite: CipherSuite
    private let leafCount: Int
    /// Secrets of inner nodes and leaves whose children have not been derived yet.
    private var nodes: [NodeIndex: SecretBytes]
    private var ratchets: [RatchetName: Ratchet] = [:]

    init(encryptionSecret: SecretBytes, leafCount: Int, suite: CipherSuite) {
        self.suite = suite
        self.leafCount = leafCount
        nodes = [TreeMath.root(leafCount: leafCount): encryptionSecret]
    }

    /// What a key's use does to the tree: kept apart until the message is verified.
    struct Use: Sendable {
        fileprivate var consumed: [NodeIndex] = []
        fileprivate var derived: [(node: NodeIndex, secret: SecretBytes)] = []
        fileprivate var ratchets: [(name: RatchetName, ratchet: Ratchet)] = []
    }

    /// Deletes what a key's use consumed (§9.2).
    mutating func spend(_ use: Use) {
        for (node, secret) in use.derived { nodes[node] = secret }
        for node in use.consumed { nodes[node] = nil }
        for (name, ratchet) in use.ratchets { ratchets[name] = ratchet }
    }

    /// The next key of one's own ratchet, for sending.
    mutating func nextKey(of leaf: LeafIndex, ratchet kind: RatchetKind) throws(MLSError) -> (
        MessageKey, generation: UInt32
    ) {
        let (result, use) = try taking(from: leaf, kind) { (ratchet) throws(MLSError) in
            try ratchet.next(suite: suite)
        }
        spend(use)
        return result
    }

    /// The key of one generation, for receiving, and what its use is to delete.
    /// - Throws: the rules v6, v17 and v18.
    func key(
        of leaf: LeafIndex, ratchet kind: RatchetKind, generation: UInt32
    ) throws(MLSError) -> (MessageKey, Use) {
        try taking(from: leaf, kind) { (ratchet) throws(MLSError) in
            try ratchet.key(generation: generation, suite: suite)
        }
    }

    private func taking<T>(
        from leaf: LeafIndex, _ kind: RatchetKind, _ body: (inout Ratchet) throws(MLSError) -> T
    ) throws(MLSError) -> (T, Use) {
        let name = RatchetName(leaf: leaf, kind: kind)
        var use = Use()
        if var ratchet = ratchets[name] {
            let result = try body(&ratchet)
            use.ratchets = [(name, ratchet)]
            return (result, use)
        }
        guard Int(leaf.value) < leafCount else { throw MLSError(.v6, "the sender is outside the tree") }
        let expander = suite.expander(of: try leafSecret(NodeIndex(leaf: leaf), &use))
        var ratchet = Ratchet(secret: try expander.expand(label: kind.label, context: [], count: suite.hashLength))
        let other: RatchetKind = kind == .handshake ? .application : .handshake
        let otherRatchet = Ratchet(
            secret: try expander.expand(label: other.label, context: [], count: suite.hashLength))
        let result = try body(&ratchet)
        use.ratchets = [(name, ratchet), (RatchetName(leaf: leaf, kind: other), otherRatchet)]
        return (result, use)
    }

    /// Derives down to a leaf; the secrets on the way are consumed, those of the siblings come instead (§9.2).
    private func leafSecret(_ leaf: NodeIndex, _ use: inout Use) throws(MLSError) -> SecretBytes {
        var path: [NodeIndex] = []
        var top = leaf
        while nodes[top] == nil {
            guard let parent = TreeMath.parent(of: top, leafCount: leafCount) else {
                throw MLSError(.damagedState, "a leaf's secret was used and its ratchets are missing")
            }
            path.append(top)
            top = parent
        }
        guard var secret = nodes[top] else { throw MLSError(.damagedState, "a node's secret is missing") }
        use.consumed.append(top)
        for (node, parent) in zip(path.reversed(), [top] + path.reversed()) {
            guard let left = TreeMath.left(of: parent), let right = TreeMath.right(of: parent) else { continue }
            let expander = suite.expander(of: secret)
            let leftSecret = try expander.expand(
                label: "tree", context: Self.left, count: suite.hashLength)
            let rightSecret = try expander.expand(
                label: "tree", context: Self.right, count: suite.hashLength)
            use.derived.append(node == left ? (right, rightSecret) : (left, leftSecret))
            secret = node == left ? leftSecret : rightSecret
        }
        return secret
    }

    private static let left = Array("left".utf8)
    private static let right = Array("right".utf8)
}

// MARK: Stored form

extension SecretTree {
    var storedCapacity: Int {
        let nodes = nodes.values.reduce(12) { $0 + 4 + $1.storedCapacity }
        return ratchets.values.reduce(nodes) { $0 + 5 + $1.storedCapacity }
    }

    func encode(to writer: inout Writer) {
        writer.uint32(UInt32(leafCount))
        writer.uint32(UInt32(nodes.count))
        for (node, secret) in nodes.sorted(by: { $0.key < $1.key }) {
            writer.uint32(node.value)
            writer.secret(secret)
        }
        writer.uint32(UInt32(ratchets.count))
        for (name, ratchet) in ratchets.sorted(by: {
            ($0.key.leaf, $0.key.kind.rawValue) < ($1.key.leaf, $1.key.kind.rawValue)
        }) {
            name.leaf.encode(to: &writer)
            writer.uint8(name.kind.rawValue)
            ratchet.encode(to: &writer)
        }
    }

    init(from reader: inout Reader, suite: CipherSuite) throws(MLSError) {
        self.suite = suite
        let (leafCount, nodeCount) = try decoding { () throws(WireError) in (try reader.uint32(), try reader.uint32()) }
        guard leafCount > 0, leafCount <= Limits.leaves, leafCount.nonzeroBitCount == 1 else {
            throw MLSError(.damagedState, "a stored secret tree has an impossible size")
        }
        self.leafCount = Int(leafCount)
        nodes = [:]
        for _ in 0..<nodeCount {
            let node = try decoding { () throws(WireError) in NodeIndex(try reader.uint32()) }
            guard node.value < 2 * leafCount - 1 else {
                throw MLSError(.damagedState, "a stored secret lies outside its tree")
            }
            nodes[node] = try reader.secret()
        }
        let ratchetCount = try decoding { () throws(WireError) in try reader.uint32() }
        for _ in 0..<ratchetCount {
            let (leaf, kind) = try decoding { () throws(WireError) in (try LeafIndex(from: &reader), try reader.uint8())
            }
            guard let kind = RatchetKind(rawValue: kind) else {
                throw MLSError(.damagedState, "a stored ratchet is of no known kind")
            }
            ratchets[RatchetName(leaf: leaf, kind: kind)] = try Ratchet(from: &reader)
        }
    }
}
