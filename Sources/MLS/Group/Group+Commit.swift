public import Sodium
import WireFormat

extension Group {
    /// Makes a commit (§12.4.1). Store it before sending its message. This value stays as it is: where the commit is not
    /// taken and this epoch goes on, call ``discardCommit()``, as the message's key must not be used again.
    /// - Throws: ``MLSError``, and what `judge` throws.
    public func commit(
        _ plan: CommitPlan, signer: Ed25519.PrivateKey, preSharedKeys: PSKLookup = { _ in nil }, judge: any Judge
    ) throws -> PendingCommit {
        try commit(plan, signer: signer, preSharedKeys: preSharedKeys, usage: .application, judge: judge)
    }

    /// - Parameter usage: what resumption PSKs are for: reinit and branch only in the first commit of a new group.
    func commit(
        _ plan: CommitPlan, signer: Ed25519.PrivateKey, preSharedKeys: PSKLookup, usage: PreSharedKeyID.Usage,
        judge: any Judge
    ) throws -> PendingCommit {
        let secrets = try activeSecrets()
        guard let own = tree.leaf(ownIndex) else { throw MLSError(.ownLeafMissing, "one's own leaf is blank") }
        let committed = try proposals(of: plan)
        let committer = Committer.member(ownIndex)
        let list = try ProposalList(committed, committer: committer, suite: suite, usage: usage)
        var change = try EpochChange(self, applying: list, committer: committer)
        var nextKeys = keys
        var path: (made: TreeKEM.NewPath, sent: UpdatePath)?
        if list.requiresPath || plan.leaf != nil || (plan.forcesPath && list.reInit == nil) {
            let template = LeafTemplate(own, changed: plan.leaf, signer: signer)
            path = try change.makePath(keys: &nextKeys, template: template)
        }
        let facts = try change.facts(isOwn: true, authenticatedData: plan.authenticatedData, path: path?.sent)
        try judge.judgeWhole(facts)

        let entries = committed.map { $0.reference.map { .reference($0) } ?? ProposalOrRef.proposal($0.proposal) }
        let signed = try sign(
            .commit(Commit(proposals: entries, path: path?.sent)), authenticatedData: plan.authenticatedData,
            format: plan.format.messageFormat, signer: signer)
        let psks = try known(list.preSharedKeys, lookup: preSharedKeys)
        let outcome = try change.finish(
            initSecret: secrets.initSecret, commitSecret: path?.made.pathSecrets.commitSecret ?? suite.zeroSecret,
            preSharedKeys: psks, authenticated: signed)
        var sending = self
        let message = try sending.protect(
            handshake: signed.adding(confirmationTag: outcome.confirmationTag), padding: plan.padding)
        let welcomes = try makeWelcomes(
            plan, list: list, added: change.added, outcome: outcome, path: path?.made,
            signer: (path == nil ? nil : plan.leaf?.signer) ?? signer)
        return PendingCommit(
            message: message, welcomes: welcomes, next: entering(outcome, index: index, keys: nextKeys), facts: facts)
    }

    /// The plan's own proposals, then those that it refers to.
    func proposals(of plan: CommitPlan) throws(MLSError) -> [CommitFacts.Committed] {
        try plan.extensions?.checkSize()
        try plan.reInit?.checkOwn()
        try plan.leaf?.extensions?.checkSize()
        var own = plan.extensions.map { [Proposal.groupContextExtensions($0)] } ?? []
        if let reInit = plan.reInit { own.append(.reInit(reInit)) }
        own += plan.removes.map { .remove($0) }
        own += plan.adds.map { .add(ProposedKeyPackage($0)) }
        own += plan.preSharedKeys.map { kind in
            .preSharedKey(PreSharedKeyID(kind: kind, nonce: randomBytes(count: suite.hashLength)))
        }
        var committed = own.map {
            CommitFacts.Committed(proposal: $0, sender: .member(ownIndex), reference: nil)
        }
        for reference in plan.references { committed.append(try resolved(reference)) }
        return committed
    }

    func resolved(_ reference: ProposalRef) throws(MLSError) -> CommitFacts.Committed {
        guard let pending = proposals[reference] else {
            throw MLSError(.v101, "a commit refers to a proposal that did not come")
        }
        return CommitFacts.Committed(proposal: pending.proposal, sender: pending.sender, reference: reference)
    }

    /// The state of the next epoch, without this one's secrets.
    /// - Parameter index: this epoch's, where it is known.
    func entering(
        _ outcome: EpochChange.Outcome, index: consuming TreeIndex?, keys: TreePrivateKeys
    ) -> Group {
        for change in outcome.changes { index?.apply(change) }
        var next = Group(
            context: outcome.context, tree: outcome.tree, index: index, keys: keys, secrets: outcome.secrets,
            messageKeys: outcome.messageKeys, interimTranscriptHash: outcome.interimTranscriptHash,
            confirmationTag: outcome.confirmationTag, reInit: outcome.reInit)
        next.keys.dropStale(in: next.tree)
        return next
    }
}
