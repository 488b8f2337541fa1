public import Sodium
import WireFormat

extension Group {
    /// Signs and encrypts application data as a PrivateMessage in an MLSMessage. Uses up a key: store this value before
    /// the bytes are sent.
    ///
    /// - Throws: `proposalsPending` after a valid proposal, until a commit: whose removal was proposed would go on
    ///   reading (§12.4); a commit need not take all of ``pendingProposals``. `limitExceeded` for more than others take,
    ///   `misuse` for a signer that is not one's leaf's, `notAMember`, and rule v110 for a group that was closed.
    public mutating func protect(
        _ plaintext: [UInt8], authenticatedData: [UInt8] = [], signer: Ed25519.PrivateKey,
        padding: PaddingPolicy = .buckets
    ) throws(MLSError) -> [UInt8] {
        _ = try activeSecrets()
        guard !proposals.haveToBeCommitted else {
            throw MLSError(.proposalsPending, "proposals of this epoch are not committed yet")
        }
        let authenticated = try sign(
            .application(plaintext), authenticatedData: authenticatedData, format: .privateMessage, signer: signer)
        return try encrypt(authenticated, padding: padding)
    }

    /// Signs content of this epoch, still without a confirmation tag.
    /// - Throws: `misuse`; `limitExceeded` where a message must become too large.
    func sign(
        _ content: Content, authenticatedData: [UInt8], format: MessageFormat, signer: Ed25519.PrivateKey
    ) throws(MLSError) -> AuthenticatedContent {
        guard tree.leaf(ownIndex)?.signatureKey == signer.publicKey.bytes else {
            throw MLSError(.misuse, "the signature key is not the one of this member's leaf")
        }
        var size = authenticatedData.count
        if case .application(let plaintext) = content { size += plaintext.count }
        try Limits.check(messageBytes: size)
        return AuthenticatedContent.sign(
            FramedContent(
                groupID: id, epoch: epoch, sender: .member(ownIndex), authenticatedData: authenticatedData,
                content: content), format: format, context: context, suite: suite, signer: signer)
    }

    /// A signed proposal or commit as an MLSMessage, in the format that it was signed for.
    mutating func protect(
        handshake authenticated: AuthenticatedContent, padding: PaddingPolicy
    ) throws(MLSError) -> [UInt8] {
        guard authenticated.format == .publicMessage else { return try encrypt(authenticated, padding: padding) }
        let message = PublicMessage(
            protecting: authenticated, membershipKey: try activeSecrets().membershipKey, context: context)
        return try MLSMessage.publicMessage(message).checkedEncoding()
    }

    private mutating func encrypt(
        _ authenticated: AuthenticatedContent, padding: PaddingPolicy
    ) throws(MLSError) -> [UInt8] {
        let secrets = try activeSecrets()
        guard messageKeys != nil else { throw MLSError(.notAMember, "this member was removed from the group") }
        try Limits.check(messageBytes: PrivateMessage.length(protecting: authenticated, padding: padding))
        let (key, generation) = try nextKey(.init(authenticated.content.content.type))
        let message = try PrivateMessage(
            protecting: authenticated, sender: ownIndex, key: key, generation: generation,
            senderDataSecret: secrets.senderDataSecret, suite: suite, padding: padding)
        return MLSMessage.privateMessage(message).encoded
    }

    /// Gives up a commit that was made from this state, and that others may have seen: uses up the key of its message, so
    /// that no other message gets it. Store this value before anything else is sent. Others skip at most
    /// ``Limits/skippedGenerations`` keys in an epoch: whoever discards more is not understood any more.
    /// - Throws: `notAMember`; `limitExceeded` after 2^32 - 1 messages.
    public mutating func discardCommit() throws(MLSError) { _ = try nextKey(.handshake) }

    /// In place: the message keys are not to be copied for one message.
    private mutating func nextKey(_ kind: SecretTree.RatchetKind) throws(MLSError) -> (MessageKey, UInt32) {
        let own = ownIndex
        guard let next = try messageKeys?.nextKey(of: own, ratchet: kind) else {
            throw MLSError(.notAMember, "this member was removed from the group")
        }
        return (next.0, next.generation)
    }

    // MARK: Receiving

    /// A message whose protection and signature are verified, and the key that it takes.
    struct Opened: Sendable {
        let content: AuthenticatedContent
        let use: SecretTree.Use?
    }

    /// Decrypts or checks a message's protection, and verifies its signature (§6).
    func open(_ message: MLSMessage) throws(MLSError) -> Opened {
        let secrets = try activeSecrets()
        switch message {
        case .privateMessage(let message):
            try check(groupID: message.groupID, epoch: message.epoch)
            guard let messageKeys else { throw MLSError(.notAMember, "this member was removed from the group") }
            let (content, use) = try message.unprotect(
                secrets: messageKeys, senderDataSecret: secrets.senderDataSecret, ownIndex: ownIndex, suite: suite)
            try verifySignature(of: content)
            return Opened(content: content, use: use)
        case .publicMessage(let message):
            try check(groupID: message.content.groupID, epoch: message.content.epoch)
            let content = try message.unprotect(membershipKey: secrets.membershipKey, context: context)
            try verifySignature(of: content)
            return Opened(content: content, use: nil)
        case .welcome, .groupInfo, .keyPackage:
            throw MLSError(.wrongContentType, "this is no message to a group")
        }
    }

    private func check(groupID: [UInt8], epoch: Epoch) throws(MLSError) {
        guard groupID == id else { throw MLSError(.v2, "the message is for another group") }
        guard epoch == self.epoch else {
            throw MLSError(.v3, "the message is of epoch \(epoch), the group in epoch \(self.epoch)")
        }
    }

    /// By the key that the kind of sender asks for (§6.1).
    private func verifySignature(of authenticated: AuthenticatedContent) throws(MLSError) {
        let content = authenticated.content.content
        switch authenticated.content.sender {
        case .member(let index):
            guard index != ownIndex else { throw MLSError(.ownMessage, "one's own messages are not processed") }
            guard let leaf = tree.leaf(index) else { throw MLSError(.v6, "the sender is not in the group") }
            try authenticated.verifySignature(by: leaf.signatureKey, context: context, rule: .v7)
        case .external(let index):
            guard case .proposal(let proposal) = content else {
                throw MLSError(.v10, "an external sender sends something else than a proposal")
            }
            guard proposal.isForExternalSenders else {
                throw MLSError(.v11, "an external sender proposes what only members may")
            }
            let senders = try context.extensions.externalSenders()
            guard Int(index) < senders.count else { throw MLSError(.v8, "the external sender is not listed") }
            try authenticated.verifySignature(by: senders[Int(index)].signatureKey, context: context, rule: .v9)
        case .newMemberProposal:
            guard case .proposal(.add(let keyPackage)) = content else {
                throw MLSError(.v12, "who wants to join proposes something else than to be added")
            }
            try authenticated.verifySignature(by: keyPackage.leafNode.signatureKey, context: context, rule: .v13)
        case .newMemberCommit:
            guard case .commit(let commit) = content else {
                throw MLSError(.v14, "who joins by a commit sends something else")
            }
            guard let path = commit.path else { throw MLSError(.v94, "an external commit has no path") }
            try authenticated.verifySignature(by: path.leafNode.signatureKey, context: context, rule: .v15)
        }
    }
}
