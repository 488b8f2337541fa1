/// Which keys and types of credential a tree holds, so that a change is checked against all members at the cost of the
/// change alone (§7.3, §12.4.2).
struct TreeIndex: Sendable {
    private(set) var encryptionKeys = PublicKeySet()
    private(set) var signatureKeys = PublicKeySet()
    /// How many members have a credential of each type.
    private(set) var credentials: [UInt16: Int] = [:]

    /// Of no tree.
    init() {}

    /// The index of a whole tree, refusing keys that occur twice and credentials that somebody does not support.
    /// - Throws: the rules v34, v42, v43 and v65.
    init(checking tree: RatchetTree) throws(MLSError) {
        encryptionKeys.reserveCapacity(2 * tree.leafCount)
        signatureKeys.reserveCapacity(tree.leafCount)
        for (_, leaf) in tree.members {
            guard signatureKeys.insert(leaf.signatureKey) else {
                throw MLSError(.v42, "two members have one signature key")
            }
            guard encryptionKeys.insert(leaf.encryptionKey) else {
                throw MLSError(.v43, "two members have one encryption key")
            }
            credentials[leaf.credential.type, default: 0] += 1
        }
        for case let parent? in tree.parents {
            guard encryptionKeys.insert(parent.encryptionKey) else {
                throw MLSError(.v65, "a parent node has the encryption key of another node")
            }
        }
        for (_, leaf) in tree.members { try Self.check(leaf, supports: credentials.keys) }
    }

    fileprivate static func check(_ leaf: LeafNode, supports types: some Sequence<UInt16>) throws(MLSError) {
        guard types.allSatisfy({ leaf.capabilities.credentials.contains($0) }) else {
            throw MLSError(.v34, "a member does not support another's kind of credential")
        }
    }

    mutating func apply(_ change: TreeChange) {
        encryptionKeys.replace(change.encryptionKeysGone, by: change.encryptionKeysCome)
        for leaf in change.leavesGone { signatureKeys.remove(leaf.signatureKey) }
        for leaf in change.leavesCome { signatureKeys.insert(leaf.signatureKey) }
        credentials = credentials(after: change)
    }

    fileprivate func credentials(after change: TreeChange) -> [UInt16: Int] {
        var counts = credentials
        for leaf in change.leavesCome { counts[leaf.credential.type, default: 0] += 1 }
        for leaf in change.leavesGone { counts[leaf.credential.type, default: 1] -= 1 }
        return counts.filter { $0.value > 0 }
    }
}

/// What a commit changes in a tree, kept while it is applied.
struct TreeChange: Sendable {
    fileprivate(set) var leavesGone: [LeafNode] = []
    fileprivate(set) var leavesCome: [LeafNode] = []
    fileprivate(set) var encryptionKeysGone = PublicKeySet()
    fileprivate(set) var encryptionKeysCome = PublicKeySet()
    /// An encryption key that came twice.
    private(set) var isRepeated = false

    mutating func loses(_ leaf: LeafNode) {
        if let place = leavesCome.lastIndex(of: leaf) {
            leavesCome.remove(at: place)
        } else {
            leavesGone.append(leaf)
        }
        loses(key: leaf.encryptionKey)
    }

    mutating func gains(_ leaf: LeafNode) {
        leavesCome.append(leaf)
        gains(key: leaf.encryptionKey)
    }

    mutating func loses(key: [UInt8]) {
        if !encryptionKeysCome.remove(key) { encryptionKeysGone.insert(key) }
    }

    mutating func gains(key: [UInt8]) {
        if !encryptionKeysCome.insert(key) { isRepeated = true }
    }

    // MARK: Checks

    /// That the leaves which come share no key with each other or with members who stay.
    /// - Parameter signatureRule: that is broken by a signature key of a member who stays.
    func checkKeys(against index: TreeIndex, signatureRule: Rule, encryptionRule: Rule) throws(MLSError) {
        guard !isRepeated, encryptionKeysCome.isDisjoint(with: index.encryptionKeys, except: encryptionKeysGone) else {
            throw MLSError(encryptionRule, "two nodes have one encryption key")
        }
        var (gone, come) = (PublicKeySet(), PublicKeySet())
        for leaf in leavesGone { gone.insert(leaf.signatureKey) }
        for leaf in leavesCome {
            guard come.insert(leaf.signatureKey) else {
                throw MLSError(signatureRule == .v84 ? .v83 : signatureRule, "two members have one signature key")
            }
            guard !index.signatureKeys.contains(leaf.signatureKey) || gone.contains(leaf.signatureKey) else {
                throw MLSError(signatureRule, "a member has this signature key")
            }
        }
    }

    /// That members support each other's types of credential (§7.3).
    /// - Parameter replaced: a leaf that is still in `tree` and goes with this change.
    func checkCredentials(
        against index: TreeIndex, in tree: RatchetTree, except replaced: LeafIndex? = nil
    ) throws(MLSError) {
        let types = index.credentials(after: self).keys
        for leaf in leavesCome { try TreeIndex.check(leaf, supports: types) }
        let new = types.filter { index.credentials[$0] == nil }
        guard !new.isEmpty else { return }
        for (index, leaf) in tree.members where index != replaced {
            guard new.allSatisfy({ leaf.capabilities.credentials.contains($0) }) else {
                throw MLSError(.v33, "not every member supports a new kind of credential")
            }
        }
    }
}
