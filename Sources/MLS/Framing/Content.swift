public import WireFormat

/// Who sent a message (§6).
public enum Sender: Hashable, Sendable, WireCodable {
    /// A member, by their leaf.
    case member(LeafIndex)
    /// Somebody outside, by their place in the group's `external_senders` (§12.1.8.1).
    case external(UInt32)
    /// Who asks to be added (§12.1.8).
    case newMemberProposal
    /// Who joins by a commit of their own (§12.4.3.2).
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

/// What a message says (§6).
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
