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

    static func makePath(
        tree: inout RatchetTree, keys: inout TreePrivateKeys, groupID: [UInt8], signer: Ed25519.PrivateKey
    ) throws(MLSError) -> NewPath {
        let suite = tree.suite
        guard let old = tree.leaf(keys.index) else { throw MLSError(.ownLeafMissing, "one's own leaf is blank") }
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
        let leaf = LeafNode(
            encryptionKey: leafKey.publicKey, signer: signer, credential: old.credential,
            capabilities: old.capabilities, source: .commit(parentHash: parentHash), extensions: old.extensions,
            suite: suite, groupID: groupID, index: keys.index)
        tree.setLeaf(keys.index, to: leaf)
        keys.dropStale(in: tree)
        return NewPath(steps: steps, pathSecrets: pathSecrets, publicKeys: publicKeys, leaf: leaf)
    }

    /// Encrypts each path secret to those below the copath child, except who joins with this very commit.
    static func encrypt(
        _ path: NewPath, in tree: RatchetTree, excluding joiners: Set<LeafIndex>, context: GroupContext
    ) throws(MLSError) -> UpdatePath {
        let suite = tree.suite
        let info = context.encoded
        var nodes: [UpdatePath.Node] = []
        for (position, step) in path.steps.enumerated() {
            var secret = path.pathSecrets.secrets[position].exposedCopy()
            defer { wipe(&secret) }
            var ciphertexts: [HPKECiphertext] = []
            for recipient in recipients(below: step.copathChild, in: tree, excluding: joiners) {
                guard let key = tree.encryptionKey(of: recipient) else {
                    throw MLSError(.malformedTree, "a node of a resolution is blank")
                }
                ciphertexts.append(
                    try suite.encrypt(secret, to: key, label: "UpdatePathNode", context: info))
            }
            nodes.append(
                UpdatePath.Node(encryptionKey: path.publicKeys[position], encryptedPathSecrets: ciphertexts))
        }
        return UpdatePath(leafNode: path.leaf, nodes: nodes)
    }

    /// Puts another's path into the tree, after checking its form (§12.4.2, §7.9).
    static func applyPublic(
        _ path: UpdatePath, from sender: LeafIndex, to tree: inout RatchetTree
    ) throws(MLSError) -> [RatchetTree.PathStep] {
        let steps = tree.filteredDirectPath(of: sender)
        let parentHash = try tree.setPath(of: sender, steps: steps, keys: path.nodes.map(\.encryptionKey))
        guard path.leafNode.parentHash == parentHash else {
            throw MLSError(.invalidParentHash, "the committer's leaf has a wrong parent hash")
        }
        tree.setLeaf(sender, to: path.leafNode)
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
            throw MLSError(.invalidPath, "an update path does not reach one's own leaf")
        }
        let recipients = recipients(below: steps[position].copathChild, in: tree, excluding: joiners)
        let ciphertexts = path.nodes[position].encryptedPathSecrets
        guard ciphertexts.count == recipients.count else {
            throw MLSError(.invalidPath, "an update path node has the wrong number of ciphertexts")
        }
        guard let place = recipients.firstIndex(where: { keys.key(of: $0) != nil }),
            let key = keys.key(of: recipients[place])
        else { throw MLSError(.invalidPath, "an update path holds nothing for one's own keys") }
        let first = try suite.decrypt(
            ciphertexts[place], with: key, label: "UpdatePathNode", context: context.encoded)
        return try takeOver(first, steps: Array(steps[position...]), tree: tree, keys: &keys)
    }

    /// Derives the keys of `steps` from the first one's path secret, checks them against the tree, and gives the commit
    /// secret.
    static func takeOver(
        _ first: SecretBytes, steps: [RatchetTree.PathStep], tree: RatchetTree, keys: inout TreePrivateKeys
    ) throws(MLSError) -> SecretBytes {
        let suite = tree.suite
        guard first.count == suite.hashLength else {
            throw MLSError(.wrongPathKey, "a path secret has the wrong size")
        }
        let secrets = try PathSecrets(first: first, count: steps.count, suite: suite)
        for (position, step) in steps.enumerated() {
            let pair = try secrets.keyPair(position, suite: suite)
            guard pair.publicKey == tree.encryptionKey(of: step.node) else {
                throw MLSError(.wrongPathKey, "a path secret does not give the public key beside it")
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
