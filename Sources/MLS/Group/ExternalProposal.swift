public import Sodium
import WireFormat

/// Proposals from outside a group (§12.1.8), as MLSMessages. Nobody inside has to heed them.
public enum ExternalProposal {
    /// Asks to be added.
    /// - Parameter signer: the key of the key package's leaf.
    /// - Throws: `misuse` where `signer` is another key.
    public static func join(
        _ keyPackage: KeyPackage, groupID: [UInt8], epoch: Epoch, signer: Ed25519.PrivateKey,
        authenticatedData: [UInt8] = [], suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws(MLSError) -> [UInt8] {
        guard keyPackage.leafNode.signatureKey == signer.publicKey.bytes else {
            throw MLSError(.misuse, "the signature key is not the one of the key package")
        }
        return try make(
            .add(ProposedKeyPackage(keyPackage)), sender: .newMemberProposal, groupID: groupID, epoch: epoch,
            authenticatedData: authenticatedData, signer: signer, suite: suite)
    }

    /// Proposes as one of the group's `external_senders`.
    /// - Parameter senderIndex: one's place in that extension.
    /// - Throws: rule v11 for an Update; rule v72 for a resumption PSK for reinit or branch; `limitExceeded`; and what a
    ///   list of extensions breaks.
    public static func send(
        _ change: Change, senderIndex: UInt32, groupID: [UInt8], epoch: Epoch, signer: Ed25519.PrivateKey,
        authenticatedData: [UInt8] = [], suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws(MLSError) -> [UInt8] {
        try make(
            Proposal(change, suite: suite), sender: .external(senderIndex), groupID: groupID, epoch: epoch,
            authenticatedData: authenticatedData, signer: signer, suite: suite)
    }

    private static func make(
        _ proposal: Proposal, sender: Sender, groupID: [UInt8], epoch: Epoch, authenticatedData: [UInt8],
        signer: Ed25519.PrivateKey, suite: CipherSuite
    ) throws(MLSError) -> [UInt8] {
        try Limits.check(messageBytes: authenticatedData.count)
        let content = FramedContent(
            groupID: groupID, epoch: epoch, sender: sender, authenticatedData: authenticatedData,
            content: .proposal(proposal))
        let signed = AuthenticatedContent.sign(
            content, format: .publicMessage, context: nil, suite: suite, signer: signer)
        return try MLSMessage.publicMessage(PublicMessage(fromOutside: signed)).checkedEncoding()
    }
}
