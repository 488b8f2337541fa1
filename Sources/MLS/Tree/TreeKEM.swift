import Sodium
import WireFormat

/// The private side of the tree (§7.4): the keys of one's own leaf and of nodes above it.
struct TreePrivateKeys: Sendable {
    let index: LeafIndex
    private(set) var keys: [NodeIndex: SecretBytes]

    init(index: LeafIndex, leafKey: SecretBytes) {
        self.index = index
        keys = [NodeIndex(leaf: index): leafKey]
    }

    init(index: LeafIndex, keys: [NodeIndex: SecretBytes]) {
        self.index = index
        self.keys = keys
    }

    func key(of node: NodeIndex) -> SecretBytes? { keys[node] }

    mutating func set(_ key: SecretBytes, of node: NodeIndex) { keys[node] = key }

    /// Forgets what the tree no longer has: keys of blanked or replaced nodes (§9.2).
    mutating func dropStale(in tree: RatchetTree) {
        let direct = Set(TreeMath.directPath(of: NodeIndex(leaf: index), leafCount: tree.leafCount))
        keys = keys.filter { node, _ in node.leaf == index || (direct.contains(node) && !tree.isBlank(node)) }
    }
}

/// Sending and receiving a commit's path (§7.4, §7.5).
enum TreeKEM {
    /// Path secrets from one node up to the root, and the commit secret beyond it.
    struct PathSecrets: Sendable {
        let secrets: [SecretBytes]
        let commitSecret: SecretBytes

        /// From the path secret of the first of `count` nodes.
        init(first: SecretBytes, count: Int, suite: CipherSuite) throws(MLSError) {
            var secrets: [SecretBytes] = []
            var current = first
            for _ in 0..<count {
                secrets.append(current)
                current = try suite.derive(current, label: "path")
            }
            self.secrets = secrets
            commitSecret = current
        }

        func keyPair(_ index: Int, suite: CipherSuite) throws(MLSError) -> HPKEKeyPair {
            try suite.deriveKeyPair(suite.derive(secrets[index], label: "node"))
        }
    }

    /// A new path, put into `tree` and `keys`; still to be encrypted, for which the new tree hash is needed.
    struct NewPath: Sendable {
        let steps: [RatchetTree.PathStep]
        let pathSecrets: PathSecrets
        let publicKeys: [[UInt8]]
        let leaf: LeafNode

        /// What a joiner at `leaf` is to be told (§12.4.3.1): the secret of the lowest node above both.
        func pathSecret(for joiner: LeafIndex, from committer: LeafIndex) -> SecretBytes? {
            guard let ancestor = TreeMath.commonAncestor(joiner, committer),
                let position = steps.firstIndex(where: { $0.node == ancestor })
            else { return nil }
            return pathSecrets.secrets[position]
        }
    }

    /// - Parameter template: what the committer's new leaf is to be, apart from its key and parent hash.
    static func makePath(
        tree: inout RatchetTree, keys: inout TreePrivateKeys, groupID: [UInt8], template: LeafTemplate
    ) throws(MLSError) -> NewPath {
        let suite = tree.suite
        let steps = tree.filteredDirectPath(of: keys.index)
        let pathSecrets = try PathSecrets(first: suite.randomSecret(), count: steps.count, suite: suite)
        let leafKey = suite.generateKeyPair()
        keys.set(leafKey.privateKey, of: NodeIndex(leaf: keys.index))
        var publicKeys: [[UInt8]] = []
        for (position, step) in steps.enumerated() {
            let pair = try pathSecrets.keyPair(position, suite: suite)
            publicKeys.append(pair.publicKey)
            keys.set(pair.privateKey, of: step.node)
        }
        let parentHash = try tree.setPath(of: keys.index, steps: steps, keys: publicKeys)
        let leaf = template.leaf(
            key: leafKey.publicKey, source: .commit(parentHash: parentHash), suite: suite, groupID: groupID,
            index: keys.index)
        tree.setLeaf(keys.index, to: leaf)
        keys.dropStale(in: tree)
        return NewPath(steps: steps, pathSecrets: pathSecrets, publicKeys: publicKeys, leaf: leaf)
    }

    /// Encrypts each path secret to those below the copath child, except who joins with this very commit.
    static func encrypt(
        _ path: NewPath, in tree: RatchetTree, excluding joiners: Set<LeafIndex>, context: GroupContext
    ) throws(MLSError) -> UpdatePath {
        let encryption = tree.suite.labelledEncryption(label: pathLabel, context: context.encoded)
        var jobs: [(secret: SecretBytes, key: [UInt8])] = []
        var counts: [Int] = []
        for (position, step) in path.steps.enumerated() {
            let recipients = recipients(below: step.copathChild, in: tree, excluding: joiners)
            for recipient in recipients {
                guard let key = tree.encryptionKey(of: recipient) else {
                    throw MLSError(.malformedTree, "a node of a resolution is blank")
                }
                jobs.append((path.pathSecrets.secrets[position], key))
            }
            counts.append(recipients.count)
        }
        let ciphertexts = try Parallel.map(jobs) { (job) throws(MLSError) in
            try encryption.seal(job.secret, to: job.key)
        }
        var rest = ciphertexts[...]
        let nodes = zip(path.publicKeys, counts).map { key, count in
            defer { rest = rest.dropFirst(count) }
            return UpdatePath.Node(encryptionKey: key, encryptedPathSecrets: Array(rest.prefix(count)))
        }
        return UpdatePath(leafNode: path.leaf, nodes: nodes)
    }

    private static let pathLabel = "UpdatePathNode"

    /// Puts another's path into the tree, after checking its form (§12.4.2, §7.5, §7.9).
    static func applyPublic(
        _ path: UpdatePath, from sender: LeafIndex, to tree: inout RatchetTree, excluding joiners: Set<LeafIndex>
    ) throws(MLSError) -> [RatchetTree.PathStep] {
        let steps = tree.filteredDirectPath(of: sender)
        let parentHash = try tree.setPath(of: sender, steps: steps, keys: path.nodes.map(\.encryptionKey))
        guard path.leafNode.parentHash == parentHash else {
            throw MLSError(.v106, "the committer's leaf has a wrong parent hash")
        }
        tree.setLeaf(sender, to: path.leafNode)
        for (step, node) in zip(steps, path.nodes) {
            let count = recipients(below: step.copathChild, in: tree, excluding: joiners).count
            guard node.encryptedPathSecrets.count == count else {
                throw MLSError(.v105, "an update path node has the wrong number of ciphertexts")
            }
        }
        return steps
    }

    /// Decrypts one's own part of another's path, takes over the keys, and gives the commit secret.
    /// - Parameter tree: with the path applied.
    static func decrypt(
        _ path: UpdatePath, from sender: LeafIndex, steps: [RatchetTree.PathStep], tree: RatchetTree,
        keys: inout TreePrivateKeys, excluding joiners: Set<LeafIndex>, context: GroupContext
    ) throws(MLSError) -> SecretBytes {
        let suite = tree.suite
        let own = NodeIndex(leaf: keys.index)
        guard let position = steps.firstIndex(where: { TreeMath.isInSubtree(own, of: $0.node) }) else {
            throw MLSError(.v104, "an update path does not reach one's own leaf")
        }
        let recipients = recipients(below: steps[position].copathChild, in: tree, excluding: joiners)
        guard let place = recipients.firstIndex(where: { keys.key(of: $0) != nil }),
            let key = keys.key(of: recipients[place]), let publicKey = tree.encryptionKey(of: recipients[place])
        else { throw MLSError(.v105, "an update path holds nothing for one's own keys") }
        let first = try suite.labelledEncryption(label: pathLabel, context: context.encoded).open(
            path.nodes[position].encryptedPathSecrets[place],
            with: HPKEKeyPair(privateKey: key, publicKey: publicKey), rule: .v107)
        return try takeOver(first, steps: Array(steps[position...]), tree: tree, keys: &keys)
    }

    /// Derives the keys of `steps` from the first one's path secret, checks them against the tree, and gives the commit
    /// secret.
    static func takeOver(
        _ first: SecretBytes, steps: [RatchetTree.PathStep], tree: RatchetTree, keys: inout TreePrivateKeys
    ) throws(MLSError) -> SecretBytes {
        let suite = tree.suite
        guard first.count == suite.hashLength else {
            throw MLSError(.v108, "a path secret has the wrong size")
        }
        let secrets = try PathSecrets(first: first, count: steps.count, suite: suite)
        for (position, step) in steps.enumerated() {
            let pair = try secrets.keyPair(position, suite: suite)
            guard pair.publicKey == tree.encryptionKey(of: step.node) else {
                throw MLSError(.v108, "a path secret does not give the public key beside it")
            }
            keys.set(pair.privateKey, of: step.node)
        }
        keys.dropStale(in: tree)
        return secrets.commitSecret
    }

    private static func recipients(
        below node: NodeIndex, in tree: RatchetTree, excluding joiners: Set<LeafIndex>
    ) -> [NodeIndex] {
        tree.resolution(of: node).filter { node in node.leaf.map { !joiners.contains($0) } ?? true }
    }
}
