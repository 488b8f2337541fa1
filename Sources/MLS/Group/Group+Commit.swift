public import Sodium
import WireFormat

/// What a commit is to do.
public struct CommitPlan: Sendable {
    public var adds: [KeyPackage] = []
    public var removes: [LeafIndex] = []
    /// The GroupContext's new extensions, all of them; nil leaves them as they are.
    public var extensions: [Extension]?
    /// Renews the committer's keys even where the RFC does not ask for it.
    public var forcesPath = true
    /// Readable, and signed, but not encrypted.
    public var authenticatedData: [UInt8] = []
    public var padding = PaddingPolicy.buckets
    /// Splits the added members over several Welcomes: positions in `adds`, one list a Welcome. Nil: one for all.
    public var welcomeSplit: [[Int]]?

    public init() {}
}

/// A commit that was made and not yet agreed on: send `message`; when it turns out to be the epoch's first, hand out the
/// Welcomes and go on with `next`; otherwise drop it.
public struct PendingCommit: Sendable {
    /// A PrivateMessage in an MLSMessage.
    public let message: [UInt8]
    /// One for each part of ``CommitPlan/welcomeSplit``, as MLSMessages; they differ in `secrets` only.
    public let welcomes: [[UInt8]]
    public let next: Group
    public let facts: CommitFacts
}

extension Group {
    /// Makes a commit (§12.4.1). This value stays as it is, but the handshake key that the message used must not be used
    /// again: store ``PendingCommit/next`` before sending, and make at most one commit that is sent from one state.
    /// - Throws: ``MLSError``, and what `judge` throws.
    public func commit(_ plan: CommitPlan, signer: Ed25519.PrivateKey, judge: any Judge) throws -> PendingCommit {
        let secrets = try activeSecrets()
        let proposals =
            (plan.extensions.map { [Proposal.groupContextExtensions($0)] } ?? [])
            + plan.removes.map { .remove($0) } + plan.adds.map { .add(ProposedKeyPackage(content: $0.content)) }
        let list = try ProposalList(proposals.map { ($0, ownIndex) }, committer: ownIndex, suite: suite)
        var change = try EpochChange(self, applying: list, committer: ownIndex)
        var nextKeys = keys
        var path: (made: TreeKEM.NewPath, sent: UpdatePath)?
        if plan.forcesPath || list.requiresPath {
            let made = try TreeKEM.makePath(tree: &change.tree, keys: &nextKeys, groupID: id, signer: signer)
            let context = try change.provisionalContext()
            path = (made, try TreeKEM.encrypt(made, in: change.tree, excluding: Set(change.added), context: context))
        }
        try change.tree.validateUniqueKeys()
        let facts = try change.facts(isOwn: true, authenticatedData: plan.authenticatedData, path: path?.sent)
        try judge.judge(commit: facts)

        let commit = Commit(proposals: proposals.map { .proposal($0) }, path: path?.sent)
        let signed = try sign(
            .commit(commit), authenticatedData: plan.authenticatedData, format: .privateMessage, signer: signer)
        let outcome = try change.finish(
            commitSecret: path?.made.pathSecrets.commitSecret ?? suite.zeroSecret, preSharedKeys: [],
            authenticated: signed, secrets: secrets)
        let confirmed = AuthenticatedContent(
            format: signed.format, content: signed.content,
            auth: AuthData(signature: signed.auth.signature, confirmationTag: outcome.confirmationTag))
        var sending = self
        let message = try sending.encrypt(confirmed, secrets: secrets, padding: plan.padding)
        let welcomes = try makeWelcomes(
            plan, list: list, change: change, outcome: outcome, path: path?.made, signer: signer)
        var next = self
        next.enter(outcome, keys: nextKeys)
        return PendingCommit(message: message, welcomes: welcomes, next: next, facts: facts)
    }

    /// The Welcomes (§12.4.3.1): one GroupInfo, encrypted once, and each new member's secrets.
    private func makeWelcomes(
        _ plan: CommitPlan, list: ProposalList, change: EpochChange, outcome: EpochChange.Outcome,
        path: TreeKEM.NewPath?, signer: Ed25519.PrivateKey
    ) throws(MLSError) -> [[UInt8]] {
        guard !list.adds.isEmpty else { return [] }
        let split = plan.welcomeSplit ?? [Array(list.adds.indices)]
        guard split.flatMap({ $0 }).sorted() == Array(list.adds.indices) else {
            throw MLSError(.misuse, "the Welcomes' parts must name each added member once")
        }
        let info = GroupInfo(
            context: outcome.context, extensions: [Extension(.ratchetTree, data: outcome.tree.encoded)],
            confirmationTag: outcome.confirmationTag, signer: ownIndex, key: signer)
        let key = try WelcomeKey(welcomeSecret: outcome.schedule.welcomeSecret, suite: suite)
        let encryptedInfo = try suite.seal(info.encoded, key: key.key, nonce: key.nonce, aad: [])
        var messages: [[UInt8]] = []
        for part in split {
            var secrets: [Welcome.Secrets] = []
            for position in part {
                let keyPackage = list.adds[position]
                let groupSecrets = GroupSecrets(
                    joinerSecret: outcome.schedule.joinerSecret,
                    pathSecret: path?.pathSecret(for: change.added[position], from: ownIndex), preSharedKeys: [])
                var encoded = groupSecrets.encoded().exposedCopy()
                defer { wipe(&encoded) }
                secrets.append(
                    Welcome.Secrets(
                        newMember: keyPackage.reference,
                        encryptedGroupSecrets: try suite.encrypt(
                            encoded, to: keyPackage.content.initKey, label: "Welcome", context: encryptedInfo)))
            }
            let welcome = Welcome(
                cipherSuite: suite.rawValue, secrets: secrets, encryptedGroupInfo: encryptedInfo)
            messages.append(MLSMessage.welcome(welcome).encoded)
        }
        return messages
    }
}
