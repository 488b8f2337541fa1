import Sodium
import WireFormat

@testable import MLS

/// One epoch of a crowd: members and others propose, one commits, and the rest take what comes. Whatever is proposed, what
/// one member takes all take, and what one commits all agree on.
///
/// The input: a byte of options, then proposals, each behind a byte that says who makes it.
struct Exchange {
    private struct Options: OptionSet {
        let rawValue: UInt8
        static let noPath = Options(rawValue: 1)
        static let publicMessage = Options(rawValue: 2)
        static let treeApart = Options(rawValue: 4)
        static let welcomeEach = Options(rawValue: 8)
        static let newSigner = Options(rawValue: 16)
    }

    private enum Author {
        /// By value, in the commit.
        case committer
        case member(LeafIndex)
        /// A listed sender.
        case outsider
        /// A receiver, which has the private key of its Update.
        case receiver

        init(_ byte: UInt8) {
            switch byte % 5 {
            case 0: self = .committer
            case 1: self = .member(LeafIndex(2))
            case 2: self = .member(LeafIndex(7))
            case 3: self = .outsider
            default: self = .receiver
            }
        }
    }

    private let crowd: Crowd
    private var committer: Group
    private var receivers: [Group]
    private var plan = CommitPlan()
    /// Of those who are proposed as members.
    private var bundles: [KeyPackageBundle] = []

    private init(_ crowd: Crowd) {
        self.crowd = crowd
        committer = crowd.committer
        receivers = crowd.receivers
    }

    /// - Returns: whether there was a commit.
    static func run(_ bytes: [UInt8], _ crowd: Crowd) -> Bool {
        var reader = Reader(bytes)
        guard let options = try? reader.uint8() else { return false }
        var exchange = Exchange(crowd)
        while let author = try? reader.uint8(), let proposal = try? Proposal(from: &reader) {
            exchange.propose(proposal, by: Author(author))
        }
        return exchange.commit(Options(rawValue: options))
    }

    // MARK: Proposals

    private mutating func propose(_ proposal: Proposal, by author: Author) {
        switch author {
        case .committer: intend(signed(proposal, by: nil))
        case .member(let index):
            guard let membershipKey = try? committer.activeSecrets().membershipKey else { return }
            let content = content(signed(proposal, by: index), .member(index), crowd.signers[Int(index.value)])
            deliver(
                PublicMessage(protecting: content, membershipKey: membershipKey, context: committer.context))
        case .outsider:
            deliver(PublicMessage(fromOutside: content(signed(proposal, by: nil), .external(0), crowd.outsider)))
        case .receiver:
            guard case .update(let leaf) = proposal else { return }
            var change = LeafChange()
            change.capabilities = leaf.capabilities
            change.extensions = leaf.extensions
            let place = receivers.count - 1
            let signer = crowd.signers[Int(receivers[place].ownIndex.value)]
            guard let message = try? receivers[place].propose(.update(change), signer: signer) else { return }
            deliver(message, except: place)
        }
    }

    private mutating func intend(_ proposal: Proposal) {
        switch proposal {
        case .add(let keyPackage): if let verified = keyPackage.verified { plan.adds.append(verified) }
        case .remove(let index): plan.removes.append(index)
        case .preSharedKey(let id): plan.preSharedKeys.append(id.kind)
        case .reInit(let reInit): plan.reInit = reInit
        case .groupContextExtensions(let extensions): plan.extensions = extensions
        case .update, .externalInit: break
        }
    }

    /// With new signatures where the proposal has some, so that what they sign is looked at.
    private mutating func signed(_ proposal: Proposal, by index: LeafIndex?) -> Proposal {
        switch (proposal, index) {
        case (.add(let keyPackage), _):
            let (package, leaf) = (keyPackage.content, keyPackage.leafNode)
            guard case .keyPackage(let lifetime) = leaf.source,
                let bundle = try? KeyPackageBundle.generate(
                    credential: leaf.credential, signer: Ed25519.PrivateKey(), lifetime: lifetime,
                    capabilities: leaf.capabilities, leafExtensions: leaf.extensions, extensions: package.extensions)
            else { return proposal }
            bundles.append(bundle)
            return .add(ProposedKeyPackage(bundle.keyPackage))
        case (.update(let leaf), let index?):
            return .update(
                LeafNode(
                    encryptionKey: leaf.encryptionKey, signer: crowd.signers[Int(index.value)],
                    credential: leaf.credential, capabilities: leaf.capabilities, source: leaf.source,
                    extensions: leaf.extensions, suite: committer.suite, groupID: committer.id, index: index))
        default: return proposal
        }
    }

    private func content(_ proposal: Proposal, _ sender: Sender, _ signer: Ed25519.PrivateKey) -> AuthenticatedContent {
        AuthenticatedContent.sign(
            FramedContent(
                groupID: committer.id, epoch: committer.epoch, sender: sender, authenticatedData: [],
                content: .proposal(proposal)),
            format: .publicMessage, context: committer.context, suite: committer.suite, signer: signer)
    }

    private mutating func deliver(_ message: PublicMessage) { deliver(MLSMessage.publicMessage(message).encoded) }

    private mutating func deliver(_ message: [UInt8], except place: Int? = nil) {
        let isTaken = (try? committer.process(message, judge: Subject.Open())) != nil
        for other in receivers.indices where other != place {
            let isTakenToo = (try? receivers[other].process(message, judge: Subject.Open())) != nil
            insist(isTaken == isTakenToo, "one member takes a proposal that another one refuses")
        }
        insist(isTaken || place == nil, "a member's proposal is refused")
    }

    // MARK: The commit

    /// Known to all, joiners too: any external one, and the resumption PSK of the epoch that ends.
    private func preSharedKey(_ id: PreSharedKeyID) -> SecretBytes? {
        let epoch = PreSharedKeyID.Kind.resumption(
            usage: .application, groupID: crowd.committer.id, epoch: crowd.committer.epoch)
        return id.kind == epoch ? try? crowd.committer.resumptionPSK() : SecretBytes([1])
    }

    private mutating func commit(_ options: Options) -> Bool {
        plan.references = committer.pendingProposals.map(\.reference)
        plan.forcesPath = !options.contains(.noPath)
        plan.format = options.contains(.publicMessage) ? .publicMessage : .privateMessage
        plan.welcomesHoldTree = !options.contains(.treeApart)
        var signer = crowd.signers[0]
        if options.contains(.newSigner) {
            signer = Ed25519.PrivateKey()
            plan.leaf = LeafChange()
            plan.leaf?.signer = signer
        }
        if options.contains(.welcomeEach) {
            let referred = committer.pendingProposals.count { if case .add = $0.proposal { true } else { false } }
            plan.welcomeSplit = (0..<plan.adds.count + referred).map { [$0] }
        }
        guard
            let pending = try? committer.commit(
                plan, signer: crowd.signers[0], preSharedKeys: preSharedKey, judge: Subject.Open())
        else { return false }
        do {
            let stored = try PendingCommit(serialized: pending.serialized())
            insist(stored.facts == pending.facts, "a stored commit does another thing")
            try settle(stored, signer: signer)
        } catch { insist(false, "what was committed is refused: \(error)") }
        return true
    }

    private func settle(_ pending: PendingCommit, signer: Ed25519.PrivateKey) throws {
        var sender = pending.next
        let message = sender.isActive ? try sender.protect([1], signer: signer) : nil
        for receiver in receivers {
            var receiver = receiver
            guard
                case .commit(let facts, let removedSelf) = try receiver.process(
                    pending.message, preSharedKeys: preSharedKey, judge: Subject.Open())
            else { return insist(false, "a commit is something else") }
            insist(facts.proposals == pending.facts.proposals, "a commit does another thing for its receivers")
            let isRemoved = facts.removed.contains { $0.index == receiver.ownIndex }
            insist(removedSelf == isRemoved && receiver.isActive == (!isRemoved && sender.isActive), "who is in?")
            if !isRemoved { try check(&receiver, agreesWith: sender, message) }
        }
        for bundle in bundles where pending.facts.added.contains(where: { $0.leaf == bundle.keyPackage.leafNode }) {
            for welcome in pending.welcomes {
                guard case .welcome(let content) = try MLSMessage(checking: welcome),
                    content.secrets.contains(where: { $0.newMember == bundle.reference })
                else { continue }
                var joiner = try Group.join(
                    welcome: welcome, bundle: { $0 == bundle.reference ? bundle : nil },
                    ratchetTree: sender.ratchetTree, preSharedKeys: preSharedKey, judge: Subject.Open())
                try check(&joiner, agreesWith: sender, message)
            }
        }
    }

    private func check(_ group: inout Group, agreesWith sender: Group, _ message: [UInt8]?) throws {
        insist(group.context == sender.context, "members disagree on the group")
        insist(group.ratchetTree == sender.ratchetTree, "members disagree on the tree")
        try insist(
            group.epochAuthenticator().constantTimeEquals(sender.epochAuthenticator()),
            "members disagree on the epoch's secrets")
        if let message { _ = try group.process(message, judge: Subject.Open()) }
    }
}
