/// Who makes a commit.
enum Committer: Sendable, Hashable {
    case member(LeafIndex)
    /// Who joins by it (§12.4.3.2).
    case newMember
}

/// A commit's proposals, resolved and sorted by kind, with the rules of §12.1 and §12.2 checked as far as they do not need
/// the tree.
struct ProposalList: Sendable {
    let committed: [CommitFacts.Committed]
    private(set) var adds: [KeyPackage] = []
    private(set) var updates: [(index: LeafIndex, leaf: LeafNode)] = []
    private(set) var removes: [LeafIndex] = []
    private(set) var preSharedKeys: [PreSharedKeyID] = []
    private(set) var extensions: [Extension]?
    private(set) var reInit: ReInit?
    private(set) var kemOutput: [UInt8]?

    /// - Parameters:
    ///   - committed: in the commit's order, each with who proposed it.
    ///   - usage: what resumption PSKs are for: reinit and branch only in the first commit of a new group.
    init(
        _ committed: [CommitFacts.Committed], committer: Committer, suite: CipherSuite,
        usage: PreSharedKeyID.Usage = .application
    ) throws(MLSError) {
        self.committed = committed
        switch committer {
        case .member(let index): try sort(byMember: index)
        case .newMember: try sortExternal()
        }
        try checkPreSharedKeys(suite: suite, usage: usage)
        let proposed = committed.compactMap { entry -> ProposedKeyPackage? in
            guard case .add(let keyPackage) = entry.proposal else { return nil }
            return keyPackage
        }
        adds = try Parallel.map(proposed) { (proposed) throws(MLSError) in
            if let verified = proposed.verified { return verified }
            return try proposed.content.verified(suite: suite)
        }
    }

    /// A member's commit (§12.2).
    private mutating func sort(byMember committer: LeafIndex) throws(MLSError) {
        for entry in committed {
            switch entry.proposal {
            case .add: break
            case .update(let leaf):
                guard case .member(let sender) = entry.sender, sender != committer else {
                    throw MLSError(.v80, "a committer updates itself by the path, not by an Update")
                }
                updates.append((sender, leaf))
            case .remove(let index):
                guard index != committer else { throw MLSError(.v81, "a committer cannot remove itself") }
                removes.append(index)
            case .preSharedKey(let id): preSharedKeys.append(id)
            case .groupContextExtensions(let list):
                guard extensions == nil else { throw MLSError(.v87, "a commit sets the extensions twice") }
                try list.checkForm()
                extensions = list
            case .reInit(let successor):
                guard successor.version >= ProtocolVersion.mls10 else {
                    throw MLSError(.v73, "a ReInit goes back to an older version")
                }
                guard committed.count == 1 else { throw MLSError(.v88, "a ReInit comes with other proposals") }
                try successor.checkForm()
                reInit = successor
            case .externalInit: throw MLSError(.v85, "a member commits an ExternalInit")
            }
        }
        var touched: Set<LeafIndex> = []
        for index in updates.map(\.index) + removes where !touched.insert(index).inserted {
            throw MLSError(.v82, "a commit changes leaf \(index) twice")
        }
    }

    /// An external commit (§12.2).
    private mutating func sortExternal() throws(MLSError) {
        for entry in committed {
            guard entry.reference == nil else {
                throw MLSError(.v93, "an external commit refers to a proposal")
            }
            switch entry.proposal {
            case .externalInit(let output):
                guard kemOutput == nil else { throw MLSError(.v90, "an external commit has two ExternalInits") }
                kemOutput = output
            case .remove(let index):
                guard removes.isEmpty else { throw MLSError(.v91, "an external commit removes two members") }
                removes.append(index)
            case .preSharedKey(let id): preSharedKeys.append(id)
            case .add, .update, .reInit, .groupContextExtensions:
                throw MLSError(.v92, "an external commit has a proposal that it may not have")
            }
        }
        guard kemOutput != nil else { throw MLSError(.v90, "an external commit has no ExternalInit") }
    }

    private func checkPreSharedKeys(suite: CipherSuite, usage allowed: PreSharedKeyID.Usage) throws(MLSError) {
        guard Set(preSharedKeys).count == preSharedKeys.count else {
            throw MLSError(.v86, "a commit uses one pre-shared key twice")
        }
        for id in preSharedKeys {
            guard id.nonce.count == suite.hashLength else {
                throw MLSError(.v71, "a pre-shared key's nonce has the wrong size")
            }
            if case .resumption(let usage, _, _) = id.kind, usage != .application, usage != allowed {
                throw MLSError(.v72, "a pre-shared key is meant for another use")
            }
        }
        guard preSharedKeys.count(where: { $0.continues != nil }) <= 1 else {
            throw MLSError(.v122, "a new group continues more than one group")
        }
    }

    /// Whether the commit must have a path (§12.4): unless it holds only proposals that do without, and at least one.
    var requiresPath: Bool {
        committed.isEmpty || !updates.isEmpty || !removes.isEmpty || extensions != nil || kemOutput != nil
    }

    /// Applies Updates, Removes and Adds, in the order of §12.3, and checks the leaves that come in.
    /// - Returns: where the added members are.
    func apply(to tree: inout RatchetTree, context: GroupContext) throws(MLSError) -> [LeafIndex] {
        let after = extensions ?? context.extensions
        let required = try after.requiredCapabilities()
        for (index, leaf) in updates {
            guard case .update = leaf.source else {
                throw MLSError(.v39, "an Update's leaf is not made for one")
            }
            guard leaf.encryptionKey != tree.leaf(index)?.encryptionKey else {
                throw MLSError(.v41, "an Update keeps the old encryption key")
            }
            try leaf.verifySignature(suite: tree.suite, groupID: context.groupID, index: index)
            try tree.update(index, to: leaf)
        }
        for index in removes { try tree.remove(index) }
        var added: [LeafIndex] = []
        for keyPackage in adds { added.append(try tree.add(keyPackage.leafNode)) }
        for leaf in updates.map(\.leaf) + adds.map(\.leafNode) {
            try leaf.validate(suite: tree.suite, required: extensions == nil ? required : nil)
            if extensions == nil { try leaf.validateSupport(of: after, rule: .v44) }
        }
        if extensions != nil {
            for (_, leaf) in tree.members {
                try leaf.validateSupport(of: required, rule: .v74)
                try leaf.validateSupport(of: after, rule: .v75)
            }
        }
        return added
    }
}
