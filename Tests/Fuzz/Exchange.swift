import Sodium
import WireFormat

@testable import MLS

/// An epoch of a crowd and the next one: members and others propose, one commits, the rest take what comes, and another one
/// commits. What one member takes all take, and what one commits all agree on.
///
/// The input: a byte of options, then proposals, each behind a byte that says who makes it.
struct Exchange {
    struct Options: OptionSet {
        let rawValue: UInt8
        static let unforcedPath = Options(rawValue: 1)
        static let publicMessage = Options(rawValue: 2)
        static let treeApart = Options(rawValue: 4)
        static let welcomeEach = Options(rawValue: 8)
        static let newSigner = Options(rawValue: 16)
        /// Somebody who is no member commits (§12.4.3.2).
        static let external = Options(rawValue: 32)
        /// Of two proposals that exclude each other, the later one is committed.
        static let latestFirst = Options(rawValue: 64)
    }

    /// Who proposes, in a byte's lowest bits.
    enum Author: UInt8, CaseIterable {
        /// By value, in the commit.
        case committer
        /// By reference, too.
        case committerBefore
        /// In the clear, and encrypted.
        case member, privateMember
        /// A listed sender, and one who wants to join.
        case outsider, newMember
        /// A receiver, which then has the private key of its Update.
        case receiver

        static let member2 = LeafIndex(2), member7 = LeafIndex(7)
        /// In an author's byte: a proposed leaf has the keys that the input says, which nobody may have.
        static let foreignKeys: UInt8 = 0x80
        /// In an author's byte: a proposed key package is signed by a member.
        static let memberAgain: UInt8 = 0x40
    }

    /// Who was proposed as a member and can join.
    struct Newcomer {
        let bundle: KeyPackageBundle
        let signer: Ed25519.PrivateKey
    }

    let crowd: Crowd
    var committer: Group
    var receivers: [Group]
    /// What the commit is to hold by value.
    private(set) var intended: [Proposal] = []
    private(set) var newcomers: [Newcomer] = []
    private var keysOfMember7: SecretTree?

    private init(_ crowd: Crowd) {
        self.crowd = crowd
        committer = crowd.committer
        receivers = crowd.receivers
        keysOfMember7 = crowd.committer.messageKeys
    }

    /// - Returns: whether all proposals of the input were committed.
    static func run(_ bytes: [UInt8], _ crowd: Crowd) -> Bool {
        var reader = Reader(bytes)
        guard let byte = try? reader.uint8() else { return false }
        let options = Options(rawValue: byte)
        var exchange = Exchange(crowd)
        var count = 0
        while let author = try? reader.uint8(), let proposal = try? Proposal(from: &reader) {
            exchange.propose(proposal, by: author)
            count += 1
        }
        let committed =
            options.contains(.external) ? exchange.commitFromOutside(options) : exchange.commit(options)
        return committed == count
    }

    // MARK: Proposals

    private mutating func propose(_ proposal: Proposal, by byte: UInt8) {
        let author = Author.allCases[Int(byte & 15) % Author.allCases.count]
        switch author {
        case .committer: intended.append(signed(proposal, as: byte, by: nil).proposal)
        case .committerBefore:
            guard let change = Change(signed(proposal, as: byte, by: nil).proposal),
                let signer = crowd.signers[committer.ownIndex],
                let message = try? committer.propose(change, signer: signer)
            else { return }
            deliver(message, from: committer.ownIndex)
        case .member:
            guard let secrets = try? committer.activeSecrets() else { return }
            let content = content(signed(proposal, as: byte, by: Author.member2).proposal, .member(Author.member2))
            deliver(
                .publicMessage(
                    PublicMessage(
                        protecting: content, membershipKey: secrets.membershipKey, context: committer.context)))
        case .privateMember:
            let content = content(
                signed(proposal, as: byte, by: Author.member7).proposal, .member(Author.member7), .privateMessage)
            guard let secrets = try? committer.activeSecrets(),
                let (key, generation) = try? keysOfMember7?.nextKey(of: Author.member7, ratchet: .handshake),
                let message = try? PrivateMessage(
                    protecting: content, sender: Author.member7, key: key, generation: generation,
                    senderDataSecret: secrets.senderDataSecret, suite: committer.suite, padding: .none)
            else { return }
            deliver(.privateMessage(message))
        case .outsider:
            deliver(
                .publicMessage(
                    PublicMessage(fromOutside: content(signed(proposal, as: byte, by: nil).proposal, .external(0)))))
        case .newMember:
            let signed = signed(proposal, as: byte, by: nil)
            deliver(
                .publicMessage(
                    PublicMessage(fromOutside: content(signed.proposal, .newMemberProposal, signer: signed.signer))))
        case .receiver:
            let place = receivers.count - 1
            guard let change = Change(proposal), let signer = crowd.signers[receivers[place].ownIndex],
                let message = try? receivers[place].propose(change, signer: signer)
            else { return }
            deliver(message, from: receivers[place].ownIndex)
        }
    }

    /// With new signatures where the proposal has some, and with the keys of a newcomer unless they are to be foreign: so
    /// that what is signed is looked at.
    private mutating func signed(
        _ proposal: Proposal, as byte: UInt8, by index: LeafIndex?
    ) -> (proposal: Proposal, signer: Ed25519.PrivateKey?) {
        let suite = committer.suite
        switch (proposal, index) {
        case (.add(let keyPackage), _):
            let old = keyPackage.leafNode
            let isForeign = byte & Author.foreignKeys != 0
            let again = byte & Author.memberAgain != 0 ? crowd.signers[LeafIndex(3)] : nil
            let signer = again ?? Ed25519.PrivateKey()
            let (initKey, leafKey) = (suite.generateKeyPair(), suite.generateKeyPair())
            let leaf = LeafNode(
                encryptionKey: isForeign ? old.encryptionKey : leafKey.publicKey, signer: signer,
                credential: old.credential, capabilities: old.capabilities, source: old.source,
                extensions: old.extensions, suite: suite, groupID: [], index: LeafIndex(0))
            let package = UnverifiedKeyPackage(
                initKey: isForeign ? keyPackage.content.initKey : initKey.publicKey, leafNode: leaf,
                extensions: keyPackage.content.extensions, signer: signer, suite: suite)
            if !isForeign, let verified = try? package.verified(suite: suite) {
                let bundle = KeyPackageBundle(
                    keyPackage: verified, initPrivateKey: initKey.privateKey,
                    encryptionPrivateKey: leafKey.privateKey)
                newcomers.append(Newcomer(bundle: bundle, signer: signer))
            }
            return (.add(ProposedKeyPackage(content: package)), signer)
        case (.update(let leaf), let index?):
            guard let signer = crowd.signers[index] else { return (proposal, nil) }
            let new = LeafNode(
                encryptionKey: byte & Author.foreignKeys != 0
                    ? leaf.encryptionKey : suite.generateKeyPair().publicKey,
                signer: signer, credential: leaf.credential, capabilities: leaf.capabilities, source: leaf.source,
                extensions: leaf.extensions, suite: suite, groupID: committer.id, index: index)
            return (.update(new), signer)
        default: return (proposal, nil)
        }
    }

    /// - Parameter signer: where it is neither the member's nor the listed sender's.
    private func content(
        _ proposal: Proposal, _ sender: Sender, _ format: MessageFormat = .publicMessage,
        signer: Ed25519.PrivateKey? = nil
    ) -> AuthenticatedContent {
        var known = crowd.outsider
        if case .member(let index) = sender, let member = crowd.signers[index] { known = member }
        return AuthenticatedContent.sign(
            FramedContent(
                groupID: committer.id, epoch: committer.epoch, sender: sender, authenticatedData: [],
                content: .proposal(proposal)),
            format: format, context: committer.context, suite: committer.suite, signer: signer ?? known)
    }

    private mutating func deliver(_ message: MLSMessage) { deliver(message.encoded, from: nil) }

    /// - Parameter sender: one of those here, where it is.
    private mutating func deliver(_ message: [UInt8], from sender: LeafIndex?) {
        func takes(_ group: inout Group) -> Bool {
            group.ownIndex == sender || (try? group.process(message, judge: Subject.Open())) != nil
        }
        let isTaken = takes(&committer)
        for place in receivers.indices {
            insist(takes(&receivers[place]) == isTaken, "one member takes a proposal that another one refuses")
            insist(
                receivers[place].pendingProposals == committer.pendingProposals,
                "members disagree on what was proposed")
        }
        insist(isTaken || sender == nil, "a member's proposal is refused")
    }
}

extension Change {
    /// Of an Update, all but its key.
    fileprivate init?(_ proposal: Proposal) {
        switch proposal {
        case .add(let keyPackage):
            guard let verified = try? keyPackage.content.verified(suite: .x25519ChaCha20SHA256Ed25519) else {
                return nil
            }
            self = .add(verified)
        case .update(let leaf):
            var change = LeafChange()
            (change.credential, change.capabilities) = (leaf.credential, leaf.capabilities)
            change.extensions = leaf.extensions
            self = .update(change)
        case .remove(let index): self = .remove(index)
        case .preSharedKey(let id): self = .preSharedKey(id.kind)
        case .reInit(let reInit): self = .reInit(reInit)
        case .externalInit: return nil
        case .groupContextExtensions(let extensions): self = .extensions(extensions)
        }
    }
}
