import Sodium
import WireFormat

/// Key and nonce of one message (§9.1).
struct MessageKey: Sendable {
    let key: SecretBytes
    let nonce: SecretBytes
}

/// One epoch's message keys (§9): a tree of secrets that is used up from the root as leaves are asked for, and for each
/// leaf two hash ratchets. What was used is gone (§9.2).
struct SecretTree: Sendable {
    enum RatchetKind: UInt8, Sendable, Hashable {
        case handshake = 0
        case application = 1

        init(_ type: ContentType) { self = type == .application ? .application : .handshake }

        var label: String { self == .handshake ? "handshake" : "application" }
    }

    private struct RatchetName: Hashable, Sendable {
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

    /// The next key of one's own ratchet, for sending.
    mutating func nextKey(of leaf: LeafIndex, ratchet kind: RatchetKind) throws(MLSError) -> (
        MessageKey, generation: UInt32
    ) {
        var ratchet = try ratchet(of: leaf, kind)
        let result = try ratchet.next(suite: suite)
        ratchets[RatchetName(leaf: leaf, kind: kind)] = ratchet
        return result
    }

    /// The key of one generation, for receiving. It is deleted here.
    /// - Throws: `keyAlreadyUsed`, `tooFarAhead`, `unknownSender`.
    mutating func key(
        of leaf: LeafIndex, ratchet kind: RatchetKind, generation: UInt32
    ) throws(MLSError) -> MessageKey {
        var ratchet = try ratchet(of: leaf, kind)
        let key = try ratchet.key(generation: generation, suite: suite)
        ratchets[RatchetName(leaf: leaf, kind: kind)] = ratchet
        return key
    }

    private mutating func ratchet(of leaf: LeafIndex, _ kind: RatchetKind) throws(MLSError) -> Ratchet {
        if let ratchet = ratchets[RatchetName(leaf: leaf, kind: kind)] { return ratchet }
        guard Int(leaf.value) < leafCount else { throw MLSError(.unknownSender, "the sender is outside the tree") }
        let secret = try takeLeafSecret(NodeIndex(leaf: leaf))
        for kind in [RatchetKind.handshake, .application] {
            let start = try suite.expand(secret, label: kind.label, context: [], count: suite.hashLength)
            ratchets[RatchetName(leaf: leaf, kind: kind)] = Ratchet(secret: start)
        }
        guard let ratchet = ratchets[RatchetName(leaf: leaf, kind: kind)] else {
            throw MLSError(.damagedState, "a ratchet is missing")
        }
        return ratchet
    }

    /// Derives down to a leaf and deletes the secrets on the way, keeping those of the siblings (§9.2).
    private mutating func takeLeafSecret(_ leaf: NodeIndex) throws(MLSError) -> SecretBytes {
        var path = [leaf]
        while let last = path.last, nodes[last] == nil {
            guard let parent = TreeMath.parent(of: last, leafCount: leafCount) else {
                throw MLSError(.damagedState, "a leaf's secret was used and its ratchets are missing")
            }
            path.append(parent)
        }
        for node in path.reversed() where node != leaf {
            guard let secret = nodes.removeValue(forKey: node) else {
                throw MLSError(.damagedState, "a node's secret is missing")
            }
            guard let left = TreeMath.left(of: node), let right = TreeMath.right(of: node) else { continue }
            nodes[left] = try suite.expand(
                secret, label: "tree", context: Array("left".utf8), count: suite.hashLength)
            nodes[right] = try suite.expand(
                secret, label: "tree", context: Array("right".utf8), count: suite.hashLength)
        }
        guard let secret = nodes.removeValue(forKey: leaf) else {
            throw MLSError(.damagedState, "a leaf's secret is missing")
        }
        return secret
    }
}

/// One sender's hash ratchet (§9.1), with the keys of generations that were skipped.
private struct Ratchet: Sendable {
    private var secret: SecretBytes
    private var generation: UInt32 = 0
    private var skipped: [UInt32: MessageKey] = [:]

    init(secret: SecretBytes) { self.secret = secret }

    mutating func next(suite: CipherSuite) throws(MLSError) -> (MessageKey, generation: UInt32) {
        guard generation < .max else { throw MLSError(.limitExceeded, "a ratchet has used all its generations") }
        let key = MessageKey(
            key: try derive("key", suite.keyLength, suite), nonce: try derive("nonce", suite.nonceLength, suite))
        let used = generation
        secret = try derive("secret", suite.hashLength, suite)
        generation += 1
        return (key, used)
    }

    mutating func key(generation wanted: UInt32, suite: CipherSuite) throws(MLSError) -> MessageKey {
        if wanted < generation {
            guard let key = skipped.removeValue(forKey: wanted) else {
                throw MLSError(.keyAlreadyUsed, "the key of this generation was used or passed by")
            }
            return key
        }
        guard wanted - generation <= Limits.skippedGenerations else {
            throw MLSError(.tooFarAhead, "a message skips more than \(Limits.skippedGenerations) generations")
        }
        while generation < wanted {
            let (key, number) = try next(suite: suite)
            skipped[number] = key
        }
        while skipped.count > Limits.keptSkippedKeys, let oldest = skipped.keys.min() {
            skipped[oldest] = nil
        }
        return try next(suite: suite).0
    }

    /// DeriveTreeSecret (§9).
    private func derive(_ label: String, _ count: Int, _ suite: CipherSuite) throws(MLSError) -> SecretBytes {
        var context = Writer()
        context.uint32(generation)
        return try suite.expand(secret, label: label, context: context.bytes, count: count)
    }
}

// MARK: Stored form

extension SecretTree {
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

extension Ratchet {
    func encode(to writer: inout Writer) {
        writer.secret(secret)
        writer.uint32(generation)
        writer.uint32(UInt32(skipped.count))
        for (number, key) in skipped.sorted(by: { $0.key < $1.key }) {
            writer.uint32(number)
            writer.secret(key.key)
            writer.secret(key.nonce)
        }
    }

    init(from reader: inout Reader) throws(MLSError) {
        secret = try reader.secret()
        let (generation, count) = try decoding { () throws(WireError) in (try reader.uint32(), try reader.uint32()) }
        self.generation = generation
        for _ in 0..<count {
            let number = try decoding { () throws(WireError) in try reader.uint32() }
            skipped[number] = MessageKey(key: try reader.secret(), nonce: try reader.secret())
        }
    }
}
