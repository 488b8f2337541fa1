public import WireFormat

/// Who sent a message (§6).
public enum Sender: Hashable, Sendable, WireCodable {
    case member(LeafIndex)
    case external(UInt32)
    case newMemberProposal
    case newMemberCommit

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("sender_type") {
        case 1: self = .member(try LeafIndex(from: &reader))
        case 2: self = .external(try reader.uint32("sender_index"))
        case 3: self = .newMemberProposal
        case 4: self = .newMemberCommit
        default: throw WireError(.unknownValue, "sender_type")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .member(let index):
            writer.uint8(1)
            index.encode(to: &writer)
        case .external(let index):
            writer.uint8(2)
            writer.uint32(index)
        case .newMemberProposal: writer.uint8(3)
        case .newMemberCommit: writer.uint8(4)
        }
    }
}

/// What a message carries (§6).
public enum ContentType: UInt8, Hashable, Sendable {
    case application = 1
    case proposal = 2
    case commit = 3

    init(from reader: inout Reader) throws(WireError) {
        guard let type = ContentType(rawValue: try reader.uint8("content_type")) else {
            throw WireError(.unknownValue, "content_type")
        }
        self = type
    }
}

enum Content: Hashable, Sendable {
    case application([UInt8])
    case proposal(Proposal)
    case commit(Commit)

    var type: ContentType {
        switch self {
        case .application: .application
        case .proposal: .proposal
        case .commit: .commit
        }
    }

    init(_ type: ContentType, from reader: inout Reader) throws(WireError) {
        switch type {
        case .application: self = .application(try reader.opaque("application_data"))
        case .proposal: self = .proposal(try Proposal(from: &reader))
        case .commit: self = .commit(try Commit(from: &reader))
        }
    }

    func encode(to writer: inout Writer) {
        switch self {
        case .application(let data): writer.opaque(data)
        case .proposal(let proposal): proposal.encode(to: &writer)
        case .commit(let commit): commit.encode(to: &writer)
        }
    }
}

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

    init(groupID: [UInt8], epoch: Epoch, sender: Sender, authenticatedData: [UInt8], content: Content) {
        self.groupID = groupID
        self.epoch = epoch
        self.sender = sender
        self.authenticatedData = authenticatedData
        self.content = content
    }

    init(from reader: inout Reader) throws(WireError) {
        groupID = try reader.opaque("group_id")
        epoch = try Epoch(from: &reader)
        sender = try Sender(from: &reader)
        authenticatedData = try reader.opaque("authenticated_data")
        content = try Content(try ContentType(from: &reader), from: &reader)
    }

    func encode(to writer: inout Writer) {
        writer.opaque(groupID)
        epoch.encode(to: &writer)
        sender.encode(to: &writer)
        writer.opaque(authenticatedData)
        writer.uint8(content.type.rawValue)
        content.encode(to: &writer)
    }
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
    static func toBeSigned(format: MessageFormat, content: FramedContent, context: GroupContext) -> [UInt8] {
        var writer = Writer(reservingCapacity: 1024)
        writer.uint16(ProtocolVersion.mls10)
        writer.uint16(format.rawValue)
        content.encode(to: &writer)
        switch content.sender {
        case .member, .newMemberCommit: context.encode(to: &writer)
        case .external, .newMemberProposal: break
        }
        return writer.bytes
    }

    func verifySignature(by key: [UInt8], context: GroupContext) throws(MLSError) {
        try context.cipherSuite.verify(
            auth.signature, of: Self.toBeSigned(format: format, content: content, context: context),
            label: "FramedContentTBS", by: key)
    }

    /// ConfirmedTranscriptHashInput (§8.2).
    var confirmedTranscriptHashInput: [UInt8] {
        var writer = Writer(reservingCapacity: 1024)
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
