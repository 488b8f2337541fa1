import Sodium
import WireFormat

enum TreeMathVectors {
    static func check(_ value: VectorValue) throws {
        let leafCount = try value["n_leaves"].integer(Int.self)
        try require(1...Limits.leaves ~= leafCount, "n_leaves")
        let width = TreeMath.width(leafCount: leafCount)
        try require(width == value["n_nodes"].integer(), "n_nodes")
        try require(TreeMath.root(leafCount: leafCount) == value["root"].node, "root")
        let (left, right) = (try value["left"].elements(count: width), try value["right"].elements(count: width))
        let (parent, sibling) = (
            try value["parent"].elements(count: width), try value["sibling"].elements(count: width)
        )
        for index in 0..<width {
            let node = NodeIndex(UInt32(index))
            try require(TreeMath.left(of: node) == left[index].optionalNode, "left of \(index)")
            try require(TreeMath.right(of: node) == right[index].optionalNode, "right of \(index)")
            try require(
                TreeMath.parent(of: node, leafCount: leafCount) == parent[index].optionalNode, "parent of \(index)")
            try require(
                TreeMath.sibling(of: node, leafCount: leafCount) == sibling[index].optionalNode, "sibling of \(index)")
        }
    }
}

enum TreeOperationsVectors {
    static func check(_ value: VectorValue) throws {
        let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
        var tree = try RatchetTree(decoding: value["tree_before"].bytes, suite: suite)
        try require(tree.namesOwnLeavesOnly, "unmerged leaves")
        try require(tree.treeHash() == value["tree_hash_before"].bytes, "tree_hash_before")
        let sender = try value["proposal_sender"].leaf
        switch try Proposal(decoding: value["proposal"].bytes) {
        case .add(let keyPackage): _ = try tree.add(keyPackage.leafNode)
        case .update(let leaf): try tree.update(sender, to: leaf)
        case .remove(let index): try tree.remove(index)
        default: throw VectorFailure("unexpected proposal")
        }
        try require(tree.encoded == value["tree_after"].bytes, "tree_after")
        try require(tree.treeHash() == value["tree_hash_after"].bytes, "tree_hash_after")
    }
}

enum TreeValidationVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let encoded = try value["tree"].bytes
        var tree = try RatchetTree(decoding: encoded, suite: suite)
        try require(tree.encoded == encoded, "tree re-encoded")
        _ = try tree.validate(
            context: GroupContext(
                cipherSuite: suite, groupID: value["group_id"].bytes, epoch: Epoch(0), treeHash: tree.treeHash(),
                confirmedTranscriptHash: [], extensions: []))
        let width = TreeMath.width(leafCount: tree.leafCount)
        for (index, expected) in try value["resolutions"].elements(count: width).enumerated() {
            let resolution = tree.resolution(of: NodeIndex(UInt32(index)))
            try require(resolution == expected.elements.map { try $0.node }, "resolution of \(index)")
        }
        for (index, expected) in try value["tree_hashes"].elements(count: width).enumerated() {
            try require(tree.treeHash(of: NodeIndex(UInt32(index))) == expected.bytes, "tree hash of \(index)")
        }
    }
}

enum TreeKEMVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        var tree = try RatchetTree(decoding: value["ratchet_tree"].bytes, suite: suite)
        try require(tree.namesOwnLeavesOnly, "unmerged leaves")
        let context = GroupContext(
            cipherSuite: suite, groupID: try value["group_id"].bytes, epoch: Epoch(try value["epoch"].integer()),
            treeHash: tree.treeHash(), confirmedTranscriptHash: try value["confirmed_transcript_hash"].bytes,
            extensions: [])
        let members = try value["leaves_private"].elements.map { try member($0, tree: tree, suite: suite) }
        for entry in try value["update_paths"].elements {
            try checkGiven(entry, tree: tree, members: members, context: context)
            try checkOwn(
                sender: try entry["sender"].leaf, tree: tree, members: members, context: context)
        }
    }

    private struct Member {
        let keys: TreePrivateKeys
        let signer: Ed25519.PrivateKey
    }

    private static func member(_ value: VectorValue, tree: RatchetTree, suite: CipherSuite) throws -> Member {
        let index = try value["index"].leaf
        var keys = TreePrivateKeys(index: index, leafKey: try value["encryption_priv"].secret)
        for entry in try value["path_secrets"].elements {
            let pair = try suite.deriveKeyPair(suite.derive(entry["path_secret"].secret, label: "node"))
            keys.set(pair.privateKey, of: try entry["node"].node)
        }
        for (node, key) in keys.keys {
            try require(suite.keyPair(privateKey: key).publicKey == tree.encryptionKey(of: node), "private state")
        }
        return Member(keys: keys, signer: try Ed25519.PrivateKey(seed: value["signature_priv"].secret))
    }

    private static func checkGiven(
        _ entry: VectorValue, tree: RatchetTree, members: [Member], context: GroupContext
    ) throws {
        let sender = try entry["sender"].leaf
        try require(tree.leaf(sender) != nil, "sender")
        let path = try UpdatePath(decoding: entry["update_path"].bytes)
        var after = tree
        let steps = try TreeKEM.applyPublic(path, from: sender, to: &after, excluding: [])
        try require(after.treeHash() == entry["tree_hash_after"].bytes, "tree_hash_after")
        var newContext = context
        newContext.treeHash = after.treeHash()
        for member in members where member.keys.index != sender {
            var keys = member.keys
            let commitSecret = try TreeKEM.decrypt(
                path, from: sender, steps: steps, tree: after, keys: &keys, excluding: [], context: newContext)
            try require(commitSecret, is: entry["commit_secret"], "commit_secret")
            let secrets = try entry["path_secrets"].elements(count: tree.leafCount)
            let expected = secrets[Int(member.keys.index.value)]
            guard let ancestor = TreeMath.commonAncestor(member.keys.index, sender),
                let key = keys.key(of: ancestor)
            else { throw VectorFailure("no key of the common ancestor") }
            let pair = try tree.suite.deriveKeyPair(tree.suite.derive(expected.secret, label: "node"))
            try require(key.constantTimeEquals(pair.privateKey), "path secret")
        }
    }

    private static func checkOwn(
        sender: LeafIndex, tree: RatchetTree, members: [Member], context: GroupContext
    ) throws {
        guard let own = members.first(where: { $0.keys.index == sender }) else { return }
        var (after, keys) = (tree, own.keys)
        guard let leaf = tree.leaf(sender) else { throw VectorFailure("no leaf of the sender") }
        let made = try TreeKEM.makePath(
            tree: &after, keys: &keys, groupID: context.groupID,
            template: LeafTemplate(leaf, changed: nil, signer: own.signer))
        var newContext = context
        newContext.treeHash = after.treeHash()
        let path = try TreeKEM.encrypt(made, in: after, excluding: [], context: newContext)
        for member in members where member.keys.index != sender {
            var (received, keys) = (tree, member.keys)
            let steps = try TreeKEM.applyPublic(path, from: sender, to: &received, excluding: [])
            try require(received.treeHash() == newContext.treeHash, "tree hash of one's own path")
            let commitSecret = try TreeKEM.decrypt(
                path, from: sender, steps: steps, tree: received, keys: &keys, excluding: [], context: newContext)
            try require(
                commitSecret.constantTimeEquals(made.pathSecrets.commitSecret), "commit secret of one's own path")
        }
    }
}
