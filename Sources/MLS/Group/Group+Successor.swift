public import Sodium

/// Groups that continue another (§11.2, §11.3).
extension Group {
    /// A new group of some of this one's members, with the same version and suite (§11.3). They join it by the Welcomes,
    /// giving this group to ``join(welcome:bundle:ratchetTree:preSharedKeys:continuing:judge:)``.
    /// - Parameters:
    ///   - id: of the new group.
    ///   - plan: whose `adds` are new key packages of those members.
    ///   - lifetime: of one's own new leaf.
    ///   - preSharedKeys: for those that `plan` mixes in; this group's resumption PSK goes with them anyway.
    /// - Returns: the commit that adds them; its message is of use to nobody.
    /// - Throws: `notAMember`; rule v110; rule v135 where `plan` adds somebody who is no member here; and what
    ///   ``create(id:creator:lifetime:extensions:judge:suite:)`` and ``commit(_:signer:preSharedKeys:judge:)`` throw,
    ///   with what `judge` throws about one's own leaf and the commit.
    public func branch(
        id: [UInt8], extensions: [Extension], plan: CommitPlan, signer: Ed25519.PrivateKey, lifetime: Lifetime,
        preSharedKeys: PSKLookup = { _ in nil }, judge: any Judge
    ) throws -> PendingCommit {
        _ = try activeSecrets()
        try Limits.check(groupID: id)
        return try succeed(
            usage: .branch, id: id, extensions: extensions, plan: plan, signer: signer, lifetime: lifetime,
            preSharedKeys: preSharedKeys, judge: judge)
    }

    /// The successor of this group after a commit with a ReInit closed it (§11.2).
    /// - Parameters:
    ///   - plan: whose `adds` are new key packages of all other members.
    ///   - preSharedKeys: for those that `plan` mixes in; this group's resumption PSK goes with them anyway.
    /// - Returns: the commit that adds them; its message is of use to nobody.
    /// - Throws: `notAMember`; rule v131 where no ReInit was committed, v132 where it names a version or suite that
    ///   this library does not have, v133 where `plan` leaves a member out; `misuse` where it adds somebody
    ///   else; and what ``create(id:creator:lifetime:extensions:judge:suite:)`` and
    ///   ``commit(_:signer:preSharedKeys:judge:)`` throw, with what `judge` throws about one's own leaf and the commit.
    public func reinitialise(
        plan: CommitPlan, signer: Ed25519.PrivateKey, lifetime: Lifetime, preSharedKeys: PSKLookup = { _ in nil },
        judge: any Judge
    ) throws -> PendingCommit {
        guard let reInit else { throw MLSError(.v131, "this group agreed on no ReInit") }
        return try succeed(
            usage: .reInit, id: reInit.groupID, extensions: reInit.extensions, plan: plan, signer: signer,
            lifetime: lifetime, preSharedKeys: preSharedKeys, judge: judge)
    }

    private func succeed(
        usage: PreSharedKeyID.Usage, id: [UInt8], extensions: [Extension], plan: CommitPlan,
        signer: Ed25519.PrivateKey, lifetime: Lifetime, preSharedKeys: PSKLookup, judge: any Judge
    ) throws -> PendingCommit {
        guard let own = tree.leaf(ownIndex) else { throw MLSError(.ownLeafMissing, "one's own leaf is blank") }
        let creator = Joiner(
            credential: own.credential, signer: signer, capabilities: own.capabilities, extensions: own.extensions)
        let start = try Group.start(
            id: id, creator: creator, lifetime: lifetime, extensions: extensions, judge: judge, suite: suite)
        let kind = PreSharedKeyID.Kind.resumption(usage: usage, groupID: self.id, epoch: epoch)
        var plan = plan
        plan.preSharedKeys.insert(kind, at: 0)
        let secret = try resumptionPSK()
        let pending = try start.commit(
            plan, signer: signer, preSharedKeys: { $0.kind == kind ? secret : preSharedKeys($0) }, usage: usage,
            judge: judge)
        try check(
            successor: UnverifiedGroupContext(pending.next.context), tree: pending.next.tree, usage: usage, judge: judge
        )
        // Receivers need not mind who else is in a reinitialised group; who makes it brings nobody (§12.4.1).
        guard usage != .reInit || pending.next.members.count == members.count else {
            throw MLSError(.misuse, "a reinitialised group has the members of the old one and nobody else")
        }
        return pending
    }

    /// That a new group is what it says of this one (§11.2, §11.3, §12.4.3.1).
    func check(
        successor: UnverifiedGroupContext, tree successorTree: RatchetTree, usage: PreSharedKeyID.Usage,
        judge: any Judge
    ) throws(MLSError) {
        guard successor.epoch == Epoch(1) else {
            throw MLSError(.v130, "a group that continues another starts with epoch \(successor.epoch)")
        }
        let (old, new) = (tree.members.map(\.leaf), successorTree.members.map(\.leaf))
        switch usage {
        case .application: break
        case .branch:
            // Members of a closed group wait for its successor, and are not led elsewhere.
            guard reInit == nil else { throw MLSError(.v132, "the group was closed for another one than a branch") }
            guard successor.cipherSuite == suite.rawValue else {
                throw MLSError(.v134, "a branch is of another cipher suite than the group")
            }
            guard Self.areAll(new, in: old, { judge.isSameClient($1, $0) }) else {
                throw MLSError(.v135, "a branch has a member whom the group has not")
            }
        case .reInit:
            guard let reInit else { throw MLSError(.v131, "the group agreed on no ReInit") }
            guard successor.groupID == reInit.groupID, successor.cipherSuite == reInit.cipherSuite,
                reInit.version == ProtocolVersion.mls10, successor.extensions == reInit.extensions
            else { throw MLSError(.v132, "the new group is not what the ReInit said") }
            guard new.count >= old.count, Self.areAll(old, in: new, { judge.isSameClient($0, $1) }) else {
                throw MLSError(.v133, "a member of the old group is not in the new one")
            }
        }
    }

    /// Whether each of `leaves` is of a client that has one of `others`. Those with an equal credential are asked about
    /// first, so that this costs as much as there are leaves where the judge goes by credentials.
    private static func areAll(
        _ leaves: [LeafNode], in others: [LeafNode], _ isSame: (LeafNode, LeafNode) -> Bool
    ) -> Bool {
        let likely = Dictionary(grouping: others, by: \.credential)
        return leaves.allSatisfy { leaf in
            likely[leaf.credential]?.contains { isSame(leaf, $0) } ?? false || others.contains { isSame(leaf, $0) }
        }
    }
}
