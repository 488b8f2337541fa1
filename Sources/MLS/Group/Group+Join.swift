public import Sodium
import WireFormat

extension Group {
    /// Joins by a Welcome (§12.4.3.1). Checks the whole tree and lets `judge` look at every member before anything is
    /// used. That the group's id is new to the client is the caller's to check.
    /// - Parameters:
    ///   - welcome: an MLSMessage.
    ///   - bundle: gives the key package with that reference, where it is one's own.
    ///   - ratchetTree: the tree, where the Welcome does not hold it.
    ///   - predecessor: the group that this one is to continue by reinitialisation or as a branch (§11.2, §11.3).
    /// - Throws: ``MLSError`` (`notForMe` where no reference is known), and what `bundle` and `judge` throw.
    public static func join(
        welcome: [UInt8], bundle: (_ reference: [UInt8]) throws -> KeyPackageBundle?, ratchetTree: [UInt8]? = nil,
        preSharedKeys: PSKLookup = { _ in nil }, continuing predecessor: Group? = nil, judge: any Judge
    ) throws -> Group {
        guard case .welcome(let welcome) = try MLSMessage(checking: welcome) else {
            throw MLSError(.wrongContentType, "this is no Welcome")
        }
        for entry in welcome.secrets {
            guard let bundle = try bundle(entry.newMember) else { continue }
            guard let suite = CipherSuite(rawValue: welcome.cipherSuite),
                bundle.keyPackage.content.cipherSuite == welcome.cipherSuite
            else { throw MLSError(.v121, "the Welcome is of another cipher suite") }
            let resumption = try predecessor.map { group throws(MLSError) in
                (id: group.id, epoch: group.epoch, secret: try group.resumptionPSK())
            }
            let opened = try WelcomeOpening(welcome, entry: entry, bundle: bundle, suite: suite) { id in
                if let resumption, case .resumption(_, resumption.id, resumption.epoch) = id.kind {
                    return resumption.secret
                }
                // A group is continued by who gives its state, and by nothing else.
                return id.continues == nil ? preSharedKeys(id) : nil
            }
            return try join(
                opened, bundle: bundle, ratchetTree: ratchetTree, predecessor: predecessor, suite: suite, judge: judge)
        }
        throw MLSError(.v120, "the Welcome is for none of this device's key packages")
    }

    private static func join(
        _ opened: WelcomeOpening, bundle: KeyPackageBundle, ratchetTree: [UInt8]?, predecessor: Group?,
        suite: CipherSuite, judge: any Judge
    ) throws -> Group {
        let info = opened.groupInfo
        let context = try info.context(of: suite)
        let (tree, index) = try info.verified(context: context, ratchetTree: ratchetTree)
        guard let own = tree.members.first(where: { $0.leaf == bundle.keyPackage.leafNode })?.index else {
            throw MLSError(.v126, "one's own leaf is not in the tree")
        }
        for (index, leaf) in tree.members { try judge.judge(leaf: leaf, at: index, in: context) }
        if let predecessor {
            guard let continued = opened.secrets.preSharedKeys.lazy.compactMap(\.continues).first else {
                throw MLSError(.wrongSuccessor, "the new group does not continue the old one")
            }
            try predecessor.check(successor: info.context, tree: tree, usage: continued.usage, judge: judge)
        }

        var keys = TreePrivateKeys(index: own, leafKey: bundle.encryptionPrivateKey)
        if let pathSecret = opened.secrets.pathSecret {
            let steps = tree.filteredDirectPath(of: info.signer)
            guard let ancestor = TreeMath.commonAncestor(own, info.signer),
                let position = steps.firstIndex(where: { $0.node == ancestor })
            else { throw MLSError(.v127, "a path secret comes for no node above one's own leaf") }
            _ = try TreeKEM.takeOver(pathSecret, steps: Array(steps[position...]), tree: tree, keys: &keys)
        }
        let schedule = try KeySchedule(
            joinerSecret: opened.secrets.joinerSecret, pskSecret: opened.pskSecret, context: context)
        let secrets = try schedule.epochSecrets(suite: suite)
        let tag = suite.mac(context.confirmedTranscriptHash, key: secrets.confirmationKey)
        guard constantTimeEquals(tag, info.confirmationTag) else {
            throw MLSError(.v128, "the confirmation tag does not verify")
        }
        return Group(
            context: context, tree: tree, index: index, keys: keys, secrets: secrets,
            messageKeys: SecretTree(
                encryptionSecret: try schedule.encryptionSecret(suite: suite), leafCount: tree.leafCount, suite: suite),
            interimTranscriptHash: TranscriptHash.interim(
                confirmed: context.confirmedTranscriptHash, confirmationTag: tag, suite: suite),
            confirmationTag: tag)
    }
}
