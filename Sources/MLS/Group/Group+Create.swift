public import Sodium

extension Group {
    /// A new group whose only member is its creator (§11).
    /// - Parameters:
    ///   - identity: of the creator's basic credential.
    ///   - lifetime: of the creator's leaf.
    /// - Throws: `limitExceeded` for a longer id than ``Limits/groupIDBytes``; `malformed` for extensions that cannot
    ///   be read; the rules v31 to v33, v35 to v37 and v44; and what `judge` throws about the creator's leaf.
    public static func create(
        id: [UInt8], identity: [UInt8], signer: Ed25519.PrivateKey, capabilities: Capabilities, lifetime: Lifetime,
        extensions: [Extension], judge: any Judge, suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws -> Group {
        let creator = Joiner(credential: .basic(identity: identity), signer: signer, capabilities: capabilities)
        return try create(
            id: id, creator: creator, lifetime: lifetime, extensions: extensions, judge: judge, suite: suite)
    }

    /// As above, for any credential.
    /// - Throws: as ``create(id:identity:signer:capabilities:lifetime:extensions:judge:suite:)``.
    public static func create(
        id: [UInt8], creator: Joiner, lifetime: Lifetime, extensions: [Extension], judge: any Judge,
        suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws -> Group {
        try Limits.check(groupID: id)
        return try start(
            id: id, creator: creator, lifetime: lifetime, extensions: extensions, judge: judge, suite: suite)
    }

    /// As above, under an id that others may have chosen.
    static func start(
        id: [UInt8], creator: Joiner, lifetime: Lifetime, extensions: [Extension], judge: any Judge, suite: CipherSuite
    ) throws -> Group {
        try extensions.checkForm()
        let key = suite.generateKeyPair()
        let own = LeafIndex(0)
        let leaf = creator.template.leaf(
            key: key.publicKey, source: .keyPackage(lifetime), suite: suite, groupID: id, index: own)
        try leaf.validate(suite: suite, required: extensions.requiredCapabilities())
        try leaf.validateSupport(of: extensions, rule: .v44)
        var tree = RatchetTree(first: leaf, suite: suite)
        let context = GroupContext(
            cipherSuite: suite, groupID: id, epoch: Epoch(0), treeHash: tree.treeHash(), confirmedTranscriptHash: [],
            extensions: extensions)
        try judge.judge(leaf: leaf, at: own, in: context)
        let epochSecret = suite.randomSecret()
        let secrets = try EpochSecrets(epochSecret: epochSecret, suite: suite)
        let tag = suite.mac(context.confirmedTranscriptHash, key: secrets.confirmationKey)
        return Group(
            context: context, tree: tree, keys: TreePrivateKeys(index: own, leafKey: key.privateKey), secrets: secrets,
            messageKeys: SecretTree(
                encryptionSecret: try suite.derive(epochSecret, label: "encryption"), leafCount: tree.leafCount,
                suite: suite),
            interimTranscriptHash: TranscriptHash.interim(confirmed: [], confirmationTag: tag, suite: suite),
            confirmationTag: tag)
    }
}
