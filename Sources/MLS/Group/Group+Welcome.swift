import Sodium
import WireFormat

extension Group {
    /// The Welcomes of a commit (§12.4.3.1): one GroupInfo, encrypted once, and each new member's secrets.
    func makeWelcomes(
        _ plan: CommitPlan, list: ProposalList, added: [LeafIndex], outcome: EpochChange.Outcome,
        path: TreeKEM.NewPath?, signer: Ed25519.PrivateKey
    ) throws(MLSError) -> [[UInt8]] {
        guard !list.adds.isEmpty else { return [] }
        let split = plan.welcomeSplit ?? [Array(list.adds.indices)]
        guard split.flatMap({ $0 }).sorted() == Array(list.adds.indices) else {
            throw MLSError(.misuse, "the Welcomes' parts must name each added member once")
        }
        try plan.groupInfoExtensions.checkSize()
        var extensions = plan.groupInfoExtensions
        if plan.welcomesHoldTree { extensions.append(Extension(.ratchetTree, data: outcome.tree.encoded)) }
        try extensions.checkUnique()
        let info = UnverifiedGroupInfo(
            context: outcome.context, extensions: extensions, confirmationTag: outcome.confirmationTag,
            signer: ownIndex, key: signer)
        let key = try WelcomeKey(welcomeSecret: outcome.schedule.welcomeSecret, suite: suite)
        let encryptedInfo = try suite.seal(info.encoded, key: key.key, nonce: key.nonce, aad: [])
        let encryption = suite.labelledEncryption(label: WelcomeOpening.label, context: encryptedInfo)
        let own = ownIndex
        // Joiners below one node get the same secrets.
        let secrets = try Parallel.map(Array(zip(list.adds, added))) { (keyPackage, index) throws(MLSError) in
            let secrets = GroupSecrets(
                joinerSecret: outcome.schedule.joinerSecret, pathSecret: path?.pathSecret(for: index, from: own),
                preSharedKeys: list.preSharedKeys)
            return Welcome.Secrets(
                newMember: keyPackage.reference,
                encryptedGroupSecrets: try encryption.seal(secrets.encoded(), to: keyPackage.content.initKey))
        }
        return try split.map { part throws(MLSError) in
            try MLSMessage.welcome(
                Welcome(
                    cipherSuite: suite.rawValue, secrets: part.map { secrets[$0] }, encryptedGroupInfo: encryptedInfo)
            ).checkedEncoding()
        }
    }
}

/// What a Welcome holds for one new member, decrypted (§12.4.3.1).
struct WelcomeOpening: Sendable {
    static let label = "Welcome"

    let secrets: GroupSecrets
    let groupInfo: UnverifiedGroupInfo
    let pskSecret: SecretBytes

    init(
        _ welcome: Welcome, entry: Welcome.Secrets, bundle: KeyPackageBundle, suite: CipherSuite,
        preSharedKeys: (PreSharedKeyID) -> SecretBytes?
    ) throws(MLSError) {
        let opened = try suite.labelledEncryption(label: Self.label, context: welcome.encryptedGroupInfo).open(
            entry.encryptedGroupSecrets, with: bundle.initKeyPair, rule: .v129)
        secrets = try GroupSecrets(decoding: opened)
        guard Set(secrets.preSharedKeys).count == secrets.preSharedKeys.count else {
            throw MLSError(.v86, "a Welcome uses one pre-shared key twice")
        }
        guard secrets.preSharedKeys.count(where: { $0.continues != nil }) <= 1 else {
            throw MLSError(.v122, "a Welcome continues more than one group")
        }
        var known: [(id: PreSharedKeyID, secret: SecretBytes)] = []
        for id in secrets.preSharedKeys {
            guard id.nonce.count == suite.hashLength else {
                throw MLSError(.v71, "a pre-shared key's nonce has the wrong size")
            }
            guard let secret = preSharedKeys(id) else {
                throw MLSError(.v109, "the Welcome needs a pre-shared key that is not known here")
            }
            known.append((id, secret))
        }
        pskSecret = try PSKSecret.combine(known, suite: suite)
        let key = try WelcomeKey(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: secrets.joinerSecret, pskSecret: pskSecret, suite: suite), suite: suite)
        let encoded = try suite.open(
            welcome.encryptedGroupInfo, key: key.key, nonce: key.nonce, aad: [], rule: .v129)
        groupInfo = try decoding { () throws(WireError) in try UnverifiedGroupInfo(decoding: encoded) }
    }
}
