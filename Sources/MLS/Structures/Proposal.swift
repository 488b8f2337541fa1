public import WireFormat

/// A change that a commit puts into effect (§12.1).
public enum Proposal: Hashable, Sendable, WireCodable {
    // In a box, as it is much larger than the others: a list of many must not take memory for what is not there.
    /// A new member (§12.1.1).
    indirect case add(ProposedKeyPackage)
    /// The proposer's new leaf (§12.1.2).
    case update(LeafNode)
    /// The member at that leaf goes (§12.1.3).
    case remove(LeafIndex)
    /// A key to mix in (§12.1.4).
    case preSharedKey(PreSharedKeyID)
    /// Closes the group (§12.1.5).
    case reInit(ReInit)
    /// In an external commit only: what its committer starts the epoch from (§12.1.6, §8.3).
    case externalInit(kemOutput: [UInt8])
    /// The GroupContext's new extensions, all of them (§12.1.7).
    case groupContextExtensions([Extension])

    var type: UInt16 {
        switch self {
        case .add: 1
        case .update: 2
        case .remove: 3
        case .preSharedKey: 4
        case .reInit: 5
        case .externalInit: 6
        case .groupContextExtensions: 7
        }
    }

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint16("proposal type") {
        case 1: self = .add(ProposedKeyPackage(content: try UnverifiedKeyPackage(from: &reader)))
        case 2: self = .update(try LeafNode(from: &reader))
        case 3: self = .remove(try LeafIndex(from: &reader))
        case 4: self = .preSharedKey(try PreSharedKeyID(from: &reader))
        case 5: self = .reInit(try ReInit(from: &reader))
        case 6: self = .externalInit(kemOutput: try reader.opaque("kem_output"))
        case 7: self = .groupContextExtensions(try reader.vector("extensions"))
        default: throw WireError(.unknownValue, "proposal type")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.uint16(type)
        switch self {
        case .add(let keyPackage): keyPackage.content.encode(to: &writer)
        case .update(let leaf): leaf.encode(to: &writer)
        case .remove(let index): index.encode(to: &writer)
        case .preSharedKey(let id): id.encode(to: &writer)
        case .reInit(let reInit): reInit.encode(to: &writer)
        case .externalInit(let kemOutput): writer.opaque(kemOutput)
        case .groupContextExtensions(let extensions): writer.vector(extensions)
        }
    }
}

/// The key package inside an Add, unverified until the commit that holds it is validated.
public struct ProposedKeyPackage: Hashable, Sendable {
    let content: UnverifiedKeyPackage
    /// Where the caller had it verified before.
    let verified: KeyPackage?

    init(content: UnverifiedKeyPackage) {
        self.content = content
        verified = nil
    }

    /// To propose.
    public init(_ keyPackage: KeyPackage) {
        content = keyPackage.content
        verified = keyPackage
    }

    /// Unverified like the rest: for a look before it is committed.
    public var leafNode: LeafNode { content.leafNode }

    public static func == (a: Self, b: Self) -> Bool { a.content == b.content }
    public func hash(into hasher: inout Hasher) { hasher.combine(content) }
}

/// `opaque HashReference<V>` of a proposal (§5.2): how a commit refers to it.
public struct ProposalRef: Hashable, Sendable {
    let bytes: [UInt8]
}

/// A proposal in a commit, in full or as a reference to one sent before (§12.4).
enum ProposalOrRef: Hashable, Sendable, WireCodable {
    case proposal(Proposal)
    case reference(ProposalRef)

    init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("ProposalOrRef") {
        case 1: self = .proposal(try Proposal(from: &reader))
        case 2:
            let bytes = try reader.opaque("ProposalRef")
            // No suite has a shorter hash; and a list of empty ones would take memory out of proportion.
            guard bytes.count >= 32 else { throw WireError(.invalidValue, "ProposalRef") }
            self = .reference(ProposalRef(bytes: bytes))
        default: throw WireError(.unknownValue, "ProposalOrRef")
        }
    }

    func encode(to writer: inout Writer) {
        switch self {
        case .proposal(let proposal):
            writer.uint8(1)
            proposal.encode(to: &writer)
        case .reference(let reference):
            writer.uint8(2)
            writer.opaque(reference.bytes)
        }
    }
}

/// Closes a group and names its successor (§12.1.5).
public struct ReInit: Hashable, Sendable, WireCodable {
    /// The successor's id.
    public let groupID: [UInt8]
    /// The successor's protocol version: 1 is mls10.
    public let version: UInt16
    /// The number of the successor's cipher suite (§17.1).
    public let cipherSuite: UInt16
    /// Of the successor's GroupContext.
    public let extensions: [Extension]

    /// A successor of this version.
    public init(
        groupID: [UInt8], extensions: [Extension], cipherSuite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) {
        self.groupID = groupID
        version = ProtocolVersion.mls10
        self.cipherSuite = cipherSuite.rawValue
        self.extensions = extensions
    }

    /// That a successor can have these extensions, as far as this library knows what they mean: else the group would be
    /// closed for good.
    func checkForm() throws(MLSError) {
        try extensions.checkUnique()
        guard version == ProtocolVersion.mls10, CipherSuite(rawValue: cipherSuite) != nil else { return }
        try extensions.checkForm()
    }

    /// One's own: its group id and size, too.
    func checkOwn() throws(MLSError) {
        try Limits.check(groupID: groupID)
        try extensions.checkSize()
        try checkForm()
    }

    public init(from reader: inout Reader) throws(WireError) {
        groupID = try reader.opaque("group_id")
        version = try reader.uint16("version")
        cipherSuite = try reader.uint16("cipher_suite")
        extensions = try reader.vector("extensions")
    }

    public func encode(to writer: inout Writer) {
        writer.opaque(groupID)
        writer.uint16(version)
        writer.uint16(cipherSuite)
        writer.vector(extensions)
    }
}
