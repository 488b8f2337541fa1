import Sodium
import WireFormat

@testable import MLS

extension Exchange {
    /// Commits as much of what was proposed as goes together, first come first served.
    /// - Returns: the number of proposals in the commit; nil where there was none.
    func commit(_ options: Options) -> Int? {
        guard let signer = crowd.signers[committer.ownIndex] else { return nil }
        var plan = CommitPlan()
        plan.forcesPath = !options.contains(.unforcedPath)
        plan.format = options.contains(.publicMessage) ? .publicMessage : .privateMessage
        plan.welcomesHoldTree = !options.contains(.treeApart)
        var next = signer
        if options.contains(.newSigner) {
            next = Ed25519.PrivateKey()
            plan.leaf = LeafChange()
            plan.leaf?.signer = next
        }
        var adds = 0
        for entry in chosen(options) {
            plan.take(entry)
            if case .add = entry.proposal { adds += 1 }
        }
        if options.contains(.welcomeEach) { plan.welcomeSplit = (0..<adds).map { [$0] } }
        do {
            let pending = try committer.commit(
                plan, signer: signer, preSharedKeys: preSharedKey, judge: Subject.Open())
            let stored = try PendingCommit(serialized: pending.serialized())
            insist(
                stored.facts == pending.facts && stored.message == pending.message
                    && stored.welcomes == pending.welcomes, "a stored commit is another one")
            try settle(stored, signer: next, among: receivers, options)
            return pending.facts.proposals.count
        } catch { fatalError("what goes together is not committed, or not taken: \(error)") }
    }

    /// One who is no member joins by a commit of its own.
    /// - Returns: as above, without the ExternalInit, which is no proposal of the input.
    func commitFromOutside(_ options: Options) -> Int? {
        let signer = Ed25519.PrivateKey()
        var (preSharedKeys, old) = ([PreSharedKeyID.Kind](), LeafIndex?.none)
        for proposal in intended {
            switch proposal {
            case .preSharedKey(let id) where id.continues == nil && !preSharedKeys.contains(id.kind):
                preSharedKeys.append(id.kind)
            case .remove(let index) where old == nil && committer.member(at: index) != nil: old = index
            default: break
            }
        }
        do {
            let holdsTree = !options.contains(.treeApart)
            let info = try crowd.signers[committer.ownIndex].map {
                try committer.groupInfo(signer: $0, holdsTree: holdsTree)
            }
            guard let info else { return nil }
            let capabilities = Capabilities(extensions: [ExtensionType(0xf101)])
            let pending = try Group.joinByCommit(
                groupInfo: info, ratchetTree: holdsTree ? nil : committer.ratchetTree,
                client: Group.Joiner(credential: .basic(identity: [1]), signer: signer, capabilities: capabilities),
                replacing: old, preSharedKeys: preSharedKeys, lookup: preSharedKey, judge: Subject.Open())
            try settle(pending, signer: signer, among: [committer] + receivers, options)
            return pending.facts.proposals.count - 1
        } catch { fatalError("who may join by a commit does not get in: \(error)") }
    }

    /// What can be committed together.
    private func chosen(_ options: Options) -> [CommitFacts.Committed] {
        let own = intended.map {
            // By value, a key gets a nonce when it is committed.
            var proposal = $0
            if case .preSharedKey(let id) = proposal {
                proposal = .preSharedKey(PreSharedKeyID(kind: id.kind, nonce: randomBytes(count: 32)))
            }
            return CommitFacts.Committed(
                proposal: proposal, sender: .member(committer.ownIndex), reference: nil)
        }
        let others = committer.pendingProposals.map {
            CommitFacts.Committed(proposal: $0.proposal, sender: $0.sender, reference: $0.reference)
        }
        var chosen: [CommitFacts.Committed] = []
        for entry in options.contains(.latestFirst) ? (own + others).reversed() : own + others {
            if isValid(chosen + [entry]) { chosen.append(entry) }
        }
        return chosen
    }

    private func isValid(_ entries: [CommitFacts.Committed]) -> Bool {
        // A commit holds its own proposals in an order of kinds, before the others.
        var plan = CommitPlan()
        for entry in entries { plan.take(entry) }
        let committer = Committer.member(committer.ownIndex)
        guard plan.holds(entries.count), let committed = try? self.committer.proposals(of: plan),
            let list = try? ProposalList(committed, committer: committer, suite: self.committer.suite)
        else { return false }
        return (try? EpochChange(self.committer, applying: list, committer: committer)) != nil
    }

    /// Known to all, joiners too: a secret for each key, and the resumption PSK of the epoch that ends.
    private func preSharedKey(_ id: PreSharedKeyID) -> SecretBytes? {
        let epoch = PreSharedKeyID.Kind.resumption(
            usage: .application, groupID: crowd.committer.id, epoch: crowd.committer.epoch)
        if id.kind == epoch { return try? crowd.committer.resumptionPSK() }
        return SecretBytes(SHA256.hash(PreSharedKeyID(kind: id.kind, nonce: []).encoded))
    }

    // MARK: What comes of it

    private func settle(
        _ pending: PendingCommit, signer: Ed25519.PrivateKey, among receivers: [Group], _ options: Options
    ) throws {
        var sender = pending.next
        let message = sender.isActive ? try sender.protect([1], signer: signer) : nil
        var live: [(group: Group, signer: Ed25519.PrivateKey?)] = []
        for stored in receivers {
            var receiver = try Group(serialized: stored.serialized())
            guard
                case .commit(let facts, let removedSelf) = try receiver.process(
                    pending.message, preSharedKeys: preSharedKey, judge: Subject.Open())
            else { return insist(false, "a commit is something else") }
            insist(facts.withoutMaker == pending.facts.withoutMaker, "a commit does another thing for others")
            let isRemoved = facts.removed.contains { $0.index == receiver.ownIndex }
            insist(removedSelf == isRemoved, "a member is wrong about who is still in")
            insist(receiver.isActive == (!isRemoved && sender.isActive), "a member is wrong about who can speak")
            guard !isRemoved else { continue }
            try check(&receiver, agreesWith: sender, message)
            live.append((receiver, crowd.signers[receiver.ownIndex]))
        }
        for newcomer in newcomers {
            let leaf = newcomer.bundle.keyPackage.leafNode
            guard pending.facts.added.contains(where: { $0.leaf == leaf }) else { continue }
            var joiner = try join(newcomer, pending, options)
            try check(&joiner, agreesWith: sender, message)
            live.append((joiner, newcomer.signer))
        }
        try checkAnew(sender)
        guard sender.isActive, let last = live.popLast(), let signer = last.signer else { return }
        // The next epoch: what each holds of the tree's private keys must be right.
        let next = try last.group.commit(CommitPlan(), signer: signer, judge: Subject.Open())
        for (member, _) in live + [(sender, nil)] {
            var member = member
            _ = try member.process(next.message, judge: Subject.Open())
            try check(&member, agreesWith: next.next, nil)
        }
    }

    /// By the one Welcome that is for the newcomer.
    private func join(_ newcomer: Newcomer, _ pending: PendingCommit, _ options: Options) throws -> Group {
        let bundle = newcomer.bundle
        let welcomes = try pending.welcomes.filter { welcome in
            guard case .welcome(let content) = try MLSMessage(checking: welcome) else { return false }
            return content.secrets.contains { $0.newMember == bundle.reference }
        }
        insist(welcomes.count == 1, "a newcomer has \(welcomes.count) Welcomes")
        func join(_ tree: [UInt8]?) throws -> Group {
            try Group.join(
                welcome: welcomes[0], bundle: { $0 == bundle.reference ? bundle : nil }, ratchetTree: tree,
                preSharedKeys: preSharedKey, judge: Subject.Open())
        }
        guard options.contains(.treeApart) else { return try join(nil) }
        do {
            _ = try join(nil)
            insist(false, "a Welcome holds a tree that it should not hold")
        } catch { insist((error as? MLSError)?.rule == .v136, "a Welcome without the tree: \(error)") }
        return try join(pending.next.ratchetTree)
    }

    private func check(_ group: inout Group, agreesWith sender: Group, _ message: [UInt8]?) throws {
        insist(group.context == sender.context && group.reInit == sender.reInit, "members disagree on the group")
        insist(group.ratchetTree == sender.ratchetTree, "members disagree on the tree")
        try insist(
            group.epochAuthenticator().constantTimeEquals(sender.epochAuthenticator()),
            "members disagree on the epoch's secrets")
        guard let message else { return }
        guard case .application(let heard) = try group.process(message, judge: Subject.Open()) else {
            return insist(false, "application data is something else")
        }
        insist(heard.plaintext == [1] && heard.sender == sender.ownIndex, "what was said is heard otherwise")
    }

    /// The tree's cached hashes and index against those of the tree as it is sent.
    private func checkAnew(_ group: Group) throws {
        var tree = try RatchetTree(decoding: group.ratchetTree, suite: group.suite)
        let index = try tree.validate(context: group.context)
        let kept = try group.treeIndex()
        insist(
            index.encryptionKeys == kept.encryptionKeys && index.signatureKeys == kept.signatureKeys
                && index.credentials == kept.credentials, "the tree's index is wrong")
    }
}

extension CommitPlan {
    /// Adds what a commit is to hold.
    fileprivate mutating func take(_ entry: CommitFacts.Committed) {
        if let reference = entry.reference { return references.append(reference) }
        switch entry.proposal {
        case .add(let keyPackage):
            if let verified = try? keyPackage.content.verified(suite: .x25519ChaCha20SHA256Ed25519) {
                adds.append(verified)
            }
        case .remove(let index): removes.append(index)
        case .preSharedKey(let id): preSharedKeys.append(id.kind)
        case .reInit(let reInit): self.reInit = reInit
        case .groupContextExtensions(let extensions): self.extensions = extensions
        case .update, .externalInit: break
        }
    }

    /// Whether nothing that was taken is missing.
    fileprivate func holds(_ count: Int) -> Bool {
        adds.count + removes.count + preSharedKeys.count + references.count + (reInit == nil ? 0 : 1)
            + (extensions == nil ? 0 : 1) == count
    }
}

extension CommitFacts {
    /// Encoded, but for whether this member made it: the one byte behind the committer.
    fileprivate var withoutMaker: [UInt8] {
        var bytes = encoded
        bytes[committer.encoded.count] = 0
        return bytes
    }
}
