public import Sodium
import WireFormat

extension Group {
    /// Takes in an MLSMessage to this group. On an error this value stays as it was, bit for bit.
    /// - Parameter preSharedKeys: for commits that use some; this epoch's own resumption PSK is known anyway.
    /// - Throws: ``MLSError``, and what `judge` throws about a commit or a proposal from outside; ``UnusableCommit`` for a
    ///   commit that others may be able to use.
    public mutating func process(
        _ message: [UInt8], preSharedKeys: PSKLookup = { _ in nil }, judge: any Judge
    ) throws -> Received {
        let opened = try open(try MLSMessage(checking: message))
        let authenticated = opened.content
        switch authenticated.content.content {
        case .application(let plaintext):
            guard case .member(let sender) = authenticated.content.sender, let leaf = tree.leaf(sender) else {
                throw MLSError(.v6, "the sender is not in the group")
            }
            if let use = opened.use { messageKeys?.spend(use) }
            return .application(ApplicationMessage(authenticated, plaintext: plaintext, sender: sender, leaf: leaf))
        case .proposal(let proposal):
            let sender = authenticated.content.sender
            let reference = authenticated.proposalRef(suite: suite)
            if proposals[reference] == nil {
                try proposals.checkRoom(for: proposal)
                let pending = pending(proposal, sender: sender, reference: reference)
                if pending.isFromOutside { try judge.judge(externalProposal: pending, in: context) }
                try proposals.keep(pending)
            }
            if let use = opened.use { messageKeys?.spend(use) }
            return .proposal(sender: sender, proposal)
        case .commit(let commit):
            return try take(commit, authenticated, preSharedKeys: preSharedKeys, judge: judge)
        }
    }

    /// Somebody else's commit (§12.4.2).
    private mutating func take(
        _ commit: Commit, _ authenticated: AuthenticatedContent, preSharedKeys: PSKLookup, judge: any Judge
    ) throws -> Received {
        let secrets = try activeSecrets()
        let committer: Committer
        if case .member(let index) = authenticated.content.sender {
            committer = .member(index)
        } else {
            committer = .newMember
        }
        let list = try ProposalList(
            resolve(commit, from: authenticated.content.sender), committer: committer, suite: suite)
        guard commit.path != nil || !list.requiresPath else {
            throw MLSError(.v100, "the commit needs a path and has none")
        }
        var change = try EpochChange(self, applying: list, committer: committer)
        if let path = commit.path { try change.check(path) }
        let facts = try change.facts(
            isOwn: false, authenticatedData: authenticated.content.authenticatedData, path: commit.path)
        try judge.judgeWhole(facts)
        let steps = try commit.path.map { (path) throws(MLSError) in try change.apply(path) } ?? []
        var initSecret = secrets.initSecret
        if let kemOutput = list.kemOutput {
            initSecret = try suite.externalInit(kemOutput, with: suite.deriveKeyPair(secrets.externalSecret))
        }
        if list.removes.contains(ownIndex) {
            // All is checked that can be without the next epoch's secrets.
            deactivate()
            return .commit(facts, removedSelf: true)
        }
        let psks = try known(list.preSharedKeys, lookup: preSharedKeys)
        var nextKeys = keys
        try replaceOwnLeafKey(in: &nextKeys, committed: list.committed)
        // What all can check alike was checked. From here on each member is alone with what was encrypted to it.
        let outcome: EpochChange.Outcome
        do throws(MLSError) {
            var commitSecret = suite.zeroSecret
            if let path = commit.path { commitSecret = try change.decrypt(path, steps: steps, keys: &nextKeys) }
            outcome = try change.finish(
                initSecret: initSecret, commitSecret: commitSecret, preSharedKeys: psks, authenticated: authenticated)
            guard let tag = authenticated.auth.confirmationTag, constantTimeEquals(tag, outcome.confirmationTag) else {
                throw MLSError(.v20, "the confirmation tag does not verify")
            }
        } catch {
            guard error.rule != nil else { throw error }
            throw UnusableCommit(facts: facts, cause: error)
        }
        // Nothing can fail any more. The index is taken from where it was, so that it is changed in place.
        index = nil
        self = entering(outcome, index: change.takeIndex(), keys: nextKeys)
        return .commit(facts, removedSelf: false)
    }

    private func resolve(_ commit: Commit, from sender: Sender) throws(MLSError) -> [CommitFacts.Committed] {
        var resolved: [CommitFacts.Committed] = []
        for entry in commit.proposals {
            switch entry {
            case .proposal(let proposal):
                resolved.append(CommitFacts.Committed(proposal: proposal, sender: sender, reference: nil))
            case .reference(let reference):
                guard sender != .newMemberCommit else {
                    throw MLSError(.v93, "an external commit refers to a proposal")
                }
                resolved.append(try self.resolved(reference))
            }
        }
        return resolved
    }

    /// Takes the new private key into use where the commit holds one's own Update.
    private func replaceOwnLeafKey(
        in keys: inout TreePrivateKeys, committed: [CommitFacts.Committed]
    ) throws(MLSError) {
        for entry in committed where entry.sender == .member(ownIndex) {
            guard case .update = entry.proposal else { continue }
            guard let reference = entry.reference, let key = proposals.updateKeys[reference] else {
                throw MLSError(.damagedState, "the private key of one's own Update is missing")
            }
            keys.set(key, of: NodeIndex(leaf: ownIndex))
        }
    }

    func known(
        _ ids: [PreSharedKeyID], lookup: PSKLookup
    ) throws(MLSError) -> [(id: PreSharedKeyID, secret: SecretBytes)] {
        var known: [(id: PreSharedKeyID, secret: SecretBytes)] = []
        for id in ids {
            if case .resumption(.application, self.id, self.epoch) = id.kind {
                known.append((id, try liveSecrets().resumptionPSK))
            } else if let secret = lookup(id) {
                known.append((id, secret))
            } else {
                throw MLSError(.v109, "the commit needs a pre-shared key that is not known here")
            }
        }
        return known
    }
}
