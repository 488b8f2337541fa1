public import Sodium
import WireFormat

extension Group {
    /// Takes in an MLSMessage from another member. On an error this value stays as it was, bit for bit.
    /// - Throws: ``MLSError``, and what `judge` throws about a commit.
    public mutating func process(
        _ message: [UInt8], preSharedKeys: PSKLookup = { _ in nil }, judge: any Judge
    ) throws -> Received {
        var next = self
        let authenticated = try next.unprotect(try MLSMessage(checking: message))
        let sender = try memberSender(of: authenticated)
        let result: Received
        switch authenticated.content.content {
        case .application(let plaintext):
            guard let leaf = tree.leaf(sender) else {
                throw MLSError(.unknownSender, "the sender is not in the group")
            }
            result = .application(
                ApplicationMessage(
                    sender: sender, senderLeaf: leaf, epoch: epoch,
                    authenticatedData: authenticated.content.authenticatedData, plaintext: plaintext,
                    evidence: authenticated.encoded))
        case .proposal(let proposal):
            try next.keep(proposal, from: sender, as: authenticated.proposalRef(suite: suite))
            result = .proposal(sender: .member(sender), proposal)
        case .commit(let commit):
            result = try next.apply(
                commit, authenticated, from: sender, preSharedKeys: preSharedKeys, judge: judge)
        }
        self = next
        return result
    }

    private mutating func keep(
        _ proposal: Proposal, from sender: LeafIndex, as reference: ProposalRef
    ) throws(MLSError) {
        guard proposals.count < Limits.pendingProposals else {
            throw MLSError(.limitExceeded, "more than \(Limits.pendingProposals) proposals wait for a commit")
        }
        proposals[reference] = ReceivedProposal(sender: sender, proposal: proposal)
    }

    private func resolve(
        _ commit: Commit, from sender: LeafIndex
    ) throws(MLSError) -> [(proposal: Proposal, sender: LeafIndex)] {
        var resolved: [(proposal: Proposal, sender: LeafIndex)] = []
        for entry in commit.proposals {
            switch entry {
            case .proposal(let proposal): resolved.append((proposal, sender))
            case .reference(let reference):
                guard let received = proposals[reference] else {
                    throw MLSError(.unknownProposal, "a commit refers to a proposal that did not come")
                }
                resolved.append((received.proposal, received.sender))
            }
        }
        return resolved
    }

    /// Another member's commit (§12.4.2).
    private mutating func apply(
        _ commit: Commit, _ authenticated: AuthenticatedContent, from sender: LeafIndex,
        preSharedKeys: PSKLookup, judge: any Judge
    ) throws -> Received {
        let list = try ProposalList(try resolve(commit, from: sender), committer: sender, suite: suite)
        guard commit.path != nil || !list.requiresPath else {
            throw MLSError(.missingPath, "the commit needs a path and has none")
        }
        var change = try EpochChange(self, applying: list, committer: sender)
        let facts = try change.facts(
            isOwn: false, authenticatedData: authenticated.content.authenticatedData, path: commit.path)
        if let path = commit.path { try change.checkLeaf(of: path) }
        try change.tree.validateUniqueKeys()
        try judge.judge(commit: facts)
        if list.removes.contains(ownIndex) {
            deactivate()
            return .commit(facts, removedSelf: true)
        }
        var commitSecret = suite.zeroSecret
        if let path = commit.path { commitSecret = try change.receive(path, keys: &keys) }
        let psks = try known(list.preSharedKeys, lookup: preSharedKeys)
        let outcome = try change.finish(
            commitSecret: commitSecret, preSharedKeys: psks, authenticated: authenticated, secrets: activeSecrets())
        guard let tag = authenticated.auth.confirmationTag, constantTimeEquals(tag, outcome.confirmationTag) else {
            throw MLSError(.invalidConfirmationTag, "the confirmation tag does not verify")
        }
        enter(outcome, keys: keys)
        return .commit(facts, removedSelf: false)
    }

    func known(
        _ ids: [PreSharedKeyID], lookup: PSKLookup
    ) throws(MLSError) -> [(id: PreSharedKeyID, secret: SecretBytes)] {
        var known: [(id: PreSharedKeyID, secret: SecretBytes)] = []
        for id in ids {
            if case .resumption(.application, self.id, self.epoch) = id.kind {
                known.append((id, try activeSecrets().resumptionPSK))
            } else if let secret = lookup(id) {
                known.append((id, secret))
            } else {
                throw MLSError(.unknownPSK, "the commit needs a pre-shared key that is not known here")
            }
        }
        return known
    }

    /// Moves to the next epoch, forgetting this one's secrets.
    mutating func enter(_ outcome: EpochChange.Outcome, keys: TreePrivateKeys) {
        context = outcome.context
        tree = outcome.tree
        self.keys = keys
        self.keys.dropStale(in: tree)
        secrets = outcome.secrets
        messageKeys = outcome.messageKeys
        interimTranscriptHash = outcome.interimTranscriptHash
        confirmationTag = outcome.confirmationTag
        proposals = [:]
    }
}
