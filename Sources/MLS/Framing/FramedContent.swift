import Sodium
import WireFormat

/// `enum { mls_public_message(1), mls_private_message(2), … } WireFormat;` (§6) as far as it is signed.
enum MessageFormat: UInt16, Sendable, Hashable {
    case publicMessage = 1
    case privateMessage = 2
    case welcome = 3
    case groupInfo = 4
    case keyPackage = 5
}

/// `struct { opaque group_id<V>; uint64 epoch; Sender sender; opaque authenticated_data<V>; ContentType content_type;
/// select …; } FramedContent;` (§6)
struct FramedContent: Hashable, Sendable, WireCodable {
    let groupID: [UInt8]
    let epoch: Epoch
    let sender: Sender
    let authenticatedData: [UInt8]
    let content: Content
    /// The content as it came: it is signed and hashed.
    private let encodedContent: [UInt8]

    init(groupID: [UInt8], epoch: Epoch, sender: Sender, authenticatedData: [UInt8], content: Content) {
        var writer = Writer(reservingCapacity: 512)
        content.encode(to: &writer)
        self.init(
            groupID: groupID, epoch: epoch, sender: sender, authenticatedData: authenticatedData, content: content,
            encodedContent: writer.bytes)
    }

    init(
        groupID: [UInt8], epoch: Epoch, sender: Sender, authenticatedData: [UInt8], content: Content,
        encodedContent: [UInt8]
    ) {
        self.groupID = groupID
        self.epoch = epoch
        self.sender = sender
        self.authenticatedData = authenticatedData
        self.content = content
        self.encodedContent = encodedContent
    }

    init(from reader: inout Reader) throws(WireError) {
        groupID = try reader.opaque("group_id")
        epoch = try Epoch(from: &reader)
        sender = try Sender(from: &reader)
        authenticatedData = try reader.opaque("authenticated_data")
        let type = try ContentType(from: &reader)
        (content, encodedContent) = try reader.capturing { (reader) throws(WireError) in
            try Content(type, from: &reader)
        }
    }

    func encode(to writer: inout Writer) {
        writer.opaque(groupID)
        epoch.encode(to: &writer)
        sender.encode(to: &writer)
        writer.opaque(authenticatedData)
        writer.uint8(content.type.rawValue)
        writer.fixed(encodedContent)
    }

    /// The content alone, as a PrivateMessage encrypts it.
    func encodeContent(to writer: inout Writer) { writer.fixed(encodedContent) }

    var contentLength: Int { encodedContent.count }

    var encodedLength: Int { groupID.count + authenticatedData.count + encodedContent.count + 32 }
}

/// `struct { opaque signature<V>; select (content_type) { case commit: MAC confirmation_tag; }; } FramedContentAuthData;`
/// (§6.1)
struct AuthData: Hashable, Sendable {
    let signature: [UInt8]
    let confirmationTag: [UInt8]?

    init(signature: [UInt8], confirmationTag: [UInt8]?) {
        self.signature = signature
        self.confirmationTag = confirmationTag
    }

    init(_ type: ContentType, from reader: inout Reader) throws(WireError) {
        signature = try reader.opaque("signature")
        confirmationTag = type == .commit ? try reader.opaque("confirmation_tag") : nil
    }

    func encode(to writer: inout Writer) {
        writer.opaque(signature)
        if let confirmationTag { writer.opaque(confirmationTag) }
    }
}

/// `struct { WireFormat wire_format; FramedContent content; FramedContentAuthData auth; } AuthenticatedContent;` (§6)
struct AuthenticatedContent: Hashable, Sendable, WireCodable {
    let format: MessageFormat
    let content: FramedContent
    let auth: AuthData

    init(format: MessageFormat, content: FramedContent, auth: AuthData) {
        self.format = format
        self.content = content
        self.auth = auth
    }

    init(from reader: inout Reader) throws(WireError) {
        guard let format = MessageFormat(rawValue: try reader.uint16("wire_format")) else {
            throw WireError(.unknownValue, "wire_format")
        }
        self.format = format
        content = try FramedContent(from: &reader)
        auth = try AuthData(content.content.type, from: &reader)
    }

    func encode(to writer: inout Writer) {
        writer.uint16(format.rawValue)
        content.encode(to: &writer)
        auth.encode(to: &writer)
    }

    /// FramedContentTBS (§6.1): members and joining committers sign the epoch's GroupContext too.
    /// - Parameter context: of the group; nil for a sender who need not know it.
    static func toBeSigned(format: MessageFormat, content: FramedContent, context: GroupContext?) -> [UInt8] {
        var writer = Writer(reservingCapacity: content.encodedLength + 512)
        writer.uint16(ProtocolVersion.mls10)
        writer.uint16(format.rawValue)
        content.encode(to: &writer)
        switch content.sender {
        case .member, .newMemberCommit: context?.encode(to: &writer)
        case .external, .newMemberProposal: break
        }
        return writer.bytes
    }

    /// A signed one, still without a confirmation tag.
    static func sign(
        _ content: FramedContent, format: MessageFormat, context: GroupContext?, suite: CipherSuite,
        signer: Ed25519.PrivateKey
    ) -> AuthenticatedContent {
        let signature = suite.sign(
            toBeSigned(format: format, content: content, context: context), label: label, with: signer)
        return AuthenticatedContent(
            format: format, content: content, auth: AuthData(signature: signature, confirmationTag: nil))
    }

    private static let label = "FramedContentTBS"

    /// - Parameter rule: that is broken where the signature does not verify.
    func verifySignature(by key: [UInt8], context: GroupContext, rule: Rule = .v7) throws(MLSError) {
        try context.cipherSuite.verify(
            auth.signature, of: Self.toBeSigned(format: format, content: content, context: context),
            label: Self.label, by: key, rule: rule)
    }

    func adding(confirmationTag: [UInt8]) -> AuthenticatedContent {
        AuthenticatedContent(
            format: format, content: content,
            auth: AuthData(signature: auth.signature, confirmationTag: confirmationTag))
    }

    /// ConfirmedTranscriptHashInput (§8.2).
    var confirmedTranscriptHashInput: [UInt8] {
        var writer = Writer(reservingCapacity: content.encodedLength + 128)
        writer.uint16(format.rawValue)
        content.encode(to: &writer)
        writer.opaque(auth.signature)
        return writer.bytes
    }

    /// MakeProposalRef (§5.2).
    func proposalRef(suite: CipherSuite) -> ProposalRef {
        ProposalRef(bytes: suite.reference(label: "Proposal Reference", of: encoded))
    }
}
