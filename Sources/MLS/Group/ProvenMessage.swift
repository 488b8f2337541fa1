import WireFormat

/// What a member said, as ``ApplicationMessage/evidence`` proves it to somebody outside the group.
public struct ProvenMessage: Sendable, Hashable {
    public let groupID: [UInt8]
    public let epoch: Epoch
    public let sender: LeafIndex
    public let authenticatedData: [UInt8]
    public let plaintext: [UInt8]

    /// Verifies the signature of §6.1, which covers all that is here and the epoch's GroupContext. That the context is the
    /// group's, and the key the sender's in that epoch, is for the caller to know.
    /// - Parameters:
    ///   - evidence: all of it and nothing else.
    ///   - context: of the epoch in which the message was sent.
    ///   - signatureKey: of the sender's leaf in that epoch.
    /// - Throws: `limitExceeded`, `malformed`; `wrongContentType` for what is no application data of a member; the rules
    ///   v2, v3, v4 and v7.
    public init(evidence: [UInt8], context: GroupContext, signatureKey: [UInt8]) throws(MLSError) {
        try Limits.check(messageBytes: evidence.count)
        let authenticated = try decoding { () throws(WireError) in
            try AuthenticatedContent(decoding: evidence, limits: Reader.Limits(depth: Limits.nesting))
        }
        let content = authenticated.content
        guard case .application(let plaintext) = content.content, case .member(let sender) = content.sender else {
            throw MLSError(.wrongContentType, "this is no application data of a member")
        }
        guard authenticated.format == .privateMessage else {
            throw MLSError(.v4, "application data must be encrypted")
        }
        guard content.groupID == context.groupID else { throw MLSError(.v2, "the evidence is of another group") }
        guard content.epoch == context.epoch else { throw MLSError(.v3, "the evidence is of another epoch") }
        try authenticated.verifySignature(by: signatureKey, context: context, rule: .v7)
        groupID = content.groupID
        epoch = content.epoch
        self.sender = sender
        authenticatedData = content.authenticatedData
        self.plaintext = plaintext
    }
}
