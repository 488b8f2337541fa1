public import Sodium
import WireFormat

extension Group {
    /// Joins by a Welcome (§12.4.3.1). Checks the whole tree and lets `judge` look at every member before anything is
    /// used.
    /// - Parameters:
    ///   - welcome: an MLSMessage.
    ///   - bundle: gives the key package with that reference, where it is one's own.
    ///   - ratchetTree: the tree, where the Welcome does not hold it.
    /// - Throws: ``MLSError`` (`notForMe` where no reference is known), and what `judge` throws.
    public static func join(
        welcome: [UInt8], bundle: (_ reference: [UInt8]) throws -> KeyPackageBundle?, ratchetTree: [UInt8]? = nil,
        preSharedKeys: PSKLookup = { _ in nil }, judge: any Judge
    ) throws -> Group {
        guard case .welcome(let welcome) = try MLSMessage(checking: welcome) else {
            throw MLSError(.wrongContentType, "this is no Welcome")
        }
        guard let suite = CipherSuite(rawValue: welcome.cipherSuite) else {
            throw MLSError(.unsupportedCipherSuite, "the Welcome is of another cipher suite")
        }
        for entry in welcome.secrets {
            guard let bundle = try bundle(entry.newMember) else { continue }
            let opened = try WelcomeOpening(
                welcome, entry: entry, bundle: bundle, preSharedKeys: preSharedKeys, suite: suite)
            return try join(opened, bundle: bundle, ratchetTree: ratchetTree, judge: judge)
        }
        throw MLSError(.notForMe, "the Welcome is for none of this device's key packages")
    }

    private static func join(
        _ opened: WelcomeOpening, bundle: KeyPackageBundle, ratchetTree: [UInt8]?, judge: any Judge
    ) throws -> Group {
        let info = opened.groupInfo
        let context = info.context
        let suite = context.cipherSuite
        try info.extensions.checkUnique()
        try context.extensions.checkUnique()
        guard let encodedTree = info.extensions.first(of: .ratchetTree)?.data ?? ratchetTree else {
            throw MLSError(.missingTree, "the Welcome comes without a ratchet tree")
        }
        var tree = try RatchetTree(decoding: encodedTree, suite: suite)
        try tree.validate(context: context)
        guard let signer = tree.leaf(info.signer) else {
            throw MLSError(.unknownSender, "the GroupInfo is signed by nobody in the tree")
        }
        try info.verifySignature(by: signer.signatureKey)
        guard let own = tree.members.first(where: { $0.leaf == bundle.keyPackage.leafNode })?.index else {
            throw MLSError(.ownLeafMissing, "one's own leaf is not in the tree")
        }
        for (index, leaf) in tree.members { try judge.judge(leaf: leaf, at: index, in: context) }

        var keys = TreePrivateKeys(index: own, leafKey: bundle.encryptionPrivateKey)
        if let pathSecret = opened.secrets.pathSecret {
            let steps = tree.filteredDirectPath(of: info.signer)
            guard let ancestor = TreeMath.commonAncestor(own, info.signer),
                let position = steps.firstIndex(where: { $0.node == ancestor })
            else { throw MLSError(.invalidPath, "a path secret comes for no node above one's own leaf") }
            _ = try TreeKEM.takeOver(pathSecret, steps: Array(steps[position...]), tree: tree, keys: &keys)
        }
        let schedule = try KeySchedule(
            joinerSecret: opened.secrets.joinerSecret, pskSecret: opened.pskSecret, context: context)
        let secrets = try schedule.epochSecrets(suite: suite)
        let tag = suite.mac(context.confirmedTranscriptHash, key: secrets.confirmationKey)
        guard constantTimeEquals(tag, info.confirmationTag) else {
            throw MLSError(.invalidConfirmationTag, "the confirmation tag does not verify")
        }
        return Group(
            context: context, tree: tree, keys: keys, secrets: secrets,
            messageKeys: SecretTree(
                encryptionSecret: try schedule.encryptionSecret(suite: suite), leafCount: tree.leafCount, suite: suite),
            interimTranscriptHash: TranscriptHash.interim(
                confirmed: context.confirmedTranscriptHash, confirmationTag: tag, suite: suite),
            confirmationTag: tag)
    }
}

/// What a Welcome holds for one new member, decrypted (§12.4.3.1).
struct WelcomeOpening: Sendable {
    let secrets: GroupSecrets
    let groupInfo: GroupInfo
    let pskSecret: SecretBytes

    init(
        _ welcome: Welcome, entry: Welcome.Secrets, bundle: KeyPackageBundle, preSharedKeys: PSKLookup,
        suite: CipherSuite
    ) throws(MLSError) {
        let opened = try suite.decrypt(
            entry.encryptedGroupSecrets, with: bundle.initPrivateKey, label: "Welcome",
            context: welcome.encryptedGroupInfo)
        secrets = try GroupSecrets(decoding: opened)
        guard Set(secrets.preSharedKeys).count == secrets.preSharedKeys.count else {
            throw MLSError(.invalidProposalList, "a Welcome uses one pre-shared key twice")
        }
        var known: [(id: PreSharedKeyID, secret: SecretBytes)] = []
        for id in secrets.preSharedKeys {
            guard let secret = preSharedKeys(id) else {
                throw MLSError(.unknownPSK, "the Welcome needs a pre-shared key that is not known here")
            }
            known.append((id, secret))
        }
        pskSecret = try PSKSecret.combine(known, suite: suite)
        let key = try WelcomeKey(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: secrets.joinerSecret, pskSecret: pskSecret, suite: suite), suite: suite)
        let encoded = try suite.open(welcome.encryptedGroupInfo, key: key.key, nonce: key.nonce, aad: [])
        groupInfo = try decoding { () throws(WireError) in try GroupInfo(decoding: encoded) }
        guard groupInfo.context.cipherSuite == suite else {
            throw MLSError(.unsupportedCipherSuite, "Welcome and GroupInfo differ in their cipher suite")
        }
    }
}
