public import Sodium
import WireFormat

extension Group {
    /// Signs and encrypts application data as a PrivateMessage in an MLSMessage. Uses up a key: store this value before
    /// the bytes are sent.
    public mutating func protect(
        _ plaintext: [UInt8], authenticatedData: [UInt8] = [], signer: Ed25519.PrivateKey,
        padding: PaddingPolicy = .buckets
    ) throws(MLSError) -> [UInt8] {
        let secrets = try activeSecrets()
        let authenticated = try sign(
            .application(plaintext), authenticatedData: authenticatedData, format: .privateMessage, signer: signer)
        return try encrypt(authenticated, secrets: secrets, padding: padding)
    }

    /// Signs content of this epoch that needs no confirmation tag.
    func sign(
        _ content: Content, authenticatedData: [UInt8], format: MessageFormat, signer: Ed25519.PrivateKey
    ) throws(MLSError) -> AuthenticatedContent {
        guard tree.leaf(ownIndex)?.signatureKey == signer.publicKey.bytes else {
            throw MLSError(.misuse, "the signature key is not the one of this member's leaf")
        }
        let framed = FramedContent(
            groupID: id, epoch: epoch, sender: .member(ownIndex), authenticatedData: authenticatedData,
            content: content)
        let signature = suite.sign(
            AuthenticatedContent.toBeSigned(format: format, content: framed, context: context),
            label: "FramedContentTBS", with: signer)
        return AuthenticatedContent(
            format: format, content: framed, auth: AuthData(signature: signature, confirmationTag: nil))
    }

    mutating func encrypt(
        _ authenticated: AuthenticatedContent, secrets: EpochSecrets, padding: PaddingPolicy
    ) throws(MLSError) -> [UInt8] {
        guard var messageKeys else { throw MLSError(.notAMember, "this device was removed from the group") }
        let message = try PrivateMessage(
            protecting: authenticated, sender: ownIndex, secrets: &messageKeys,
            senderDataSecret: secrets.senderDataSecret, suite: suite, padding: padding)
        self.messageKeys = messageKeys
        return MLSMessage.privateMessage(message).encoded
    }

    /// Decrypts or checks a message's protection, and verifies its signature (§6).
    mutating func unprotect(_ message: MLSMessage) throws(MLSError) -> AuthenticatedContent {
        let secrets = try activeSecrets()
        let authenticated: AuthenticatedContent
        switch message {
        case .privateMessage(let message):
            try check(groupID: message.groupID, epoch: message.epoch)
            guard var messageKeys else { throw MLSError(.notAMember, "this device was removed from the group") }
            authenticated = try message.unprotect(
                secrets: &messageKeys, senderDataSecret: secrets.senderDataSecret, ownIndex: ownIndex, suite: suite)
            self.messageKeys = messageKeys
        case .publicMessage(let message):
            try check(groupID: message.content.groupID, epoch: message.content.epoch)
            authenticated = try message.unprotect(membershipKey: secrets.membershipKey, context: context)
        case .welcome, .groupInfo, .keyPackage:
            throw MLSError(.wrongContentType, "this is no message to a group")
        }
        let sender = try memberSender(of: authenticated)
        guard sender != ownIndex else { throw MLSError(.ownMessage, "one's own messages are not processed") }
        guard let leaf = tree.leaf(sender) else {
            throw MLSError(.unknownSender, "the sender is not in the group")
        }
        try authenticated.verifySignature(by: leaf.signatureKey, context: context)
        return authenticated
    }

    func memberSender(of authenticated: AuthenticatedContent) throws(MLSError) -> LeafIndex {
        guard case .member(let sender) = authenticated.content.sender else {
            throw MLSError(.unsupportedFeature, "messages from outside the group are not supported yet")
        }
        return sender
    }

    private func check(groupID: [UInt8], epoch: Epoch) throws(MLSError) {
        guard groupID == id else { throw MLSError(.wrongGroup, "the message is for another group") }
        guard epoch == self.epoch else {
            throw MLSError(.wrongEpoch, "the message is of epoch \(epoch), the group in epoch \(self.epoch)")
        }
    }
}
