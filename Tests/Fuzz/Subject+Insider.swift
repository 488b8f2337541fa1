import Sodium
import WireFormat

@testable import MLS

/// An input in what only those with the keys can make: signed, tagged and encrypted, whatever it is. Nil where it does not
/// get so far.
extension Subject {
    func proposal(_ bytes: [UInt8]) -> [UInt8]? {
        guard let proposal = try? Proposal(decoding: bytes) else { return nil }
        return signed(.proposal(proposal), encoded: bytes, sender: .member(LeafIndex(0)))
    }

    func commit(_ bytes: [UInt8], by sender: Sender) -> [UInt8]? {
        guard let commit = try? Commit(decoding: bytes) else { return nil }
        guard let path = commit.path, sender == .member(LeafIndex(0)), bytes.last?.isMultiple(of: 2) ?? false,
            let bound = bound(path)
        else { return signed(.commit(commit), encoded: bytes, sender: sender) }
        let repaired = Commit(proposals: commit.proposals, path: bound)
        return signed(.commit(repaired), encoded: repaired.encoded, sender: sender)
    }

    /// A path of the first member's with a leaf that is signed, and bound to the nodes' keys by its parent hash, whatever
    /// they are: so that what comes after those checks is reached.
    private func bound(_ path: UpdatePath) -> UpdatePath? {
        var tree = first.tree
        let steps = tree.filteredDirectPath(of: LeafIndex(0))
        guard let hash = try? tree.setPath(of: LeafIndex(0), steps: steps, keys: path.nodes.map(\.encryptionKey)) else {
            return nil
        }
        let leaf = LeafNode(
            encryptionKey: path.leafNode.encryptionKey, signer: signers[0], credential: path.leafNode.credential,
            capabilities: path.leafNode.capabilities, source: .commit(parentHash: hash),
            extensions: path.leafNode.extensions, suite: suite, groupID: first.id, index: LeafIndex(0))
        return UpdatePath(leafNode: leaf, nodes: path.nodes)
    }

    /// By one who wants to join, or by a listed sender.
    func proposalFromOutside(_ bytes: [UInt8]) -> [UInt8]? {
        guard let first = bytes.first, let proposal = try? Proposal(decoding: Array(bytes.dropFirst())) else {
            return nil
        }
        return signed(
            .proposal(proposal), encoded: Array(bytes.dropFirst()),
            sender: first.isMultiple(of: 2) ? .external(UInt32(first / 2)) : .newMemberProposal)
    }

    private func signed(_ content: Content, encoded: [UInt8], sender: Sender) -> [UInt8]? {
        var authenticated = authenticated(
            content, encoded: encoded, sender: sender, format: .publicMessage)
        if content.type == .commit { authenticated = authenticated.adding(confirmationTag: [1]) }
        guard case .member = sender else {
            return MLSMessage.publicMessage(PublicMessage(fromOutside: authenticated)).encoded
        }
        guard let secrets = try? first.activeSecrets() else { return nil }
        return MLSMessage.publicMessage(
            PublicMessage(protecting: authenticated, membershipKey: secrets.membershipKey, context: first.context)
        ).encoded
    }

    private func authenticated(
        _ content: Content, encoded: [UInt8], sender: Sender, format: MessageFormat
    ) -> AuthenticatedContent {
        let framed = FramedContent(
            groupID: first.id, epoch: first.epoch, sender: sender, authenticatedData: [], content: content,
            encodedContent: encoded)
        var isMember = false
        if case .member = sender { isMember = true }
        return AuthenticatedContent.sign(
            framed, format: format, context: first.context, suite: suite, signer: signers[isMember ? 0 : 3])
    }

    /// The input as the content of a PrivateMessage, whose kind its first byte says.
    func privateMessage(_ bytes: [UInt8]) -> [UInt8]? {
        guard let kind = bytes.first, let secrets = try? first.activeSecrets(), var keys = first.messageKeys else {
            return nil
        }
        // What the content is said to be decides the message's header only.
        let content: Content
        switch kind % 3 {
        case 0: content = .application([])
        case 1: content = .proposal(.remove(LeafIndex(0)))
        default: content = .commit(Commit(proposals: [], path: nil))
        }
        var signed = authenticated(
            content, encoded: Array(bytes.dropFirst()), sender: .member(LeafIndex(0)), format: .privateMessage)
        if content.type == .commit { signed = signed.adding(confirmationTag: [1]) }
        guard let (key, generation) = try? keys.nextKey(of: LeafIndex(0), ratchet: .init(content.type)) else {
            return nil
        }
        return
            (try? PrivateMessage(
                protecting: signed, sender: LeafIndex(0), key: key, generation: generation,
                senderDataSecret: secrets.senderDataSecret, suite: suite, padding: .none)).map {
                MLSMessage.privateMessage($0).encoded
            }
    }

    // MARK: Welcomes

    /// A Welcome with the input as its GroupInfo, signed again by the first member where it is one.
    func welcome(info bytes: [UInt8]) -> [UInt8]? {
        guard
            let key = try? WelcomeKey(
                welcomeSecret: KeySchedule.welcomeSecret(
                    joinerSecret: opening.secrets.joinerSecret, pskSecret: opening.pskSecret, suite: suite),
                suite: suite),
            let sealed = try? suite.seal(
                (resigned(bytes)?.encoded ?? bytes), key: key.key, nonce: key.nonce, aad: [])
        else { return nil }
        return welcome(secrets: opening.secrets.encoded(), info: sealed)
    }

    /// The honest Welcome with the input as its GroupSecrets.
    func welcome(secrets bytes: [UInt8]) -> [UInt8]? {
        welcome(secrets: SecretBytes(bytes), info: welcome.encryptedGroupInfo)
    }

    private func welcome(secrets: SecretBytes, info: [UInt8]) -> [UInt8]? {
        guard
            let sealed = try? suite.labelledEncryption(label: WelcomeOpening.label, context: info).seal(
                secrets, to: bundle.keyPackage.content.initKey)
        else { return nil }
        let entry = Welcome.Secrets(newMember: bundle.reference, encryptedGroupSecrets: sealed)
        return MLSMessage.welcome(
            Welcome(cipherSuite: suite.rawValue, secrets: [entry], encryptedGroupInfo: info)
        ).encoded
    }

    /// The input as a GroupInfo of its own, signed again by the first member.
    func groupInfo(resigning bytes: [UInt8]) -> [UInt8]? {
        resigned(bytes).map { MLSMessage.groupInfo($0).encoded }
    }

    /// With the hash of the tree that it brings, so that the tree is looked at.
    private func resigned(_ bytes: [UInt8]) -> UnverifiedGroupInfo? {
        guard let info = try? UnverifiedGroupInfo(decoding: bytes), var context = try? info.context(of: suite) else {
            return nil
        }
        if let encoded = info.extensions.first(of: .ratchetTree)?.data,
            var tree = try? RatchetTree(decoding: encoded, suite: suite)
        {
            context.treeHash = tree.treeHash()
        }
        return UnverifiedGroupInfo(
            context: context, extensions: info.extensions, confirmationTag: info.confirmationTag,
            signer: info.signer, key: signers[0])
    }
}
