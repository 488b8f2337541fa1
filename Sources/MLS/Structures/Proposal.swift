public import WireFormat

/// A change that a commit puts into effect (§12.1).
public enum Proposal: Hashable, Sendable, WireCodable {
    case add(ProposedKeyPackage)
    case update(LeafNode)
    case remove(LeafIndex)
    case preSharedKey(PreSharedKeyID)
    case reInit(ReInit)
    case externalInit(kemOutput: [UInt8])
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
    public var leafNode: LeafNode { content.leafNode }
}

/// `opaque HashReference<V>` of a proposal (§5.2).
struct ProposalRef: Hashable, Sendable {
    let bytes: [UInt8]
}

/// A proposal in a commit, in full or as a reference to one sent before (§12.4).
enum ProposalOrRef: Hashable, Sendable, WireCodable {
    case proposal(Proposal)
    case reference(ProposalRef)

    init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("ProposalOrRef") {
        case 1: self = .proposal(try Proposal(from: &reader))
        case 2: self = .reference(ProposalRef(bytes: try reader.opaque("ProposalRef")))
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

/// Closes a group and names its successor (§12.1.5). Decoded, and refused when committed: this library does not do it yet.
public struct ReInit: Hashable, Sendable, WireCodable {
    public let groupID: [UInt8]
    public let version: UInt16
    public let cipherSuite: UInt16
    public let extensions: [Extension]

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

/// Which pre-shared key (§8.4).
public struct PreSharedKeyID: Hashable, Sendable, WireCodable {
    public enum Usage: UInt8, Sendable {
        case application = 1
        case reInit, branch
    }
    public enum Kind: Hashable, Sendable {
        case external(id: [UInt8])
        case resumption(usage: Usage, groupID: [UInt8], epoch: Epoch)
    }
    public let kind: Kind
    public let nonce: [UInt8]

    public init(kind: Kind, nonce: [UInt8]) {
        self.kind = kind
        self.nonce = nonce
    }

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("PSKType") {
        case 1: kind = .external(id: try reader.opaque("psk_id"))
        case 2:
            guard let usage = Usage(rawValue: try reader.uint8("ResumptionPSKUsage")) else {
                throw WireError(.unknownValue, "ResumptionPSKUsage")
            }
            kind = .resumption(
                usage: usage, groupID: try reader.opaque("psk_group_id"), epoch: try Epoch(from: &reader))
        default: throw WireError(.unknownValue, "PSKType")
        }
        nonce = try reader.opaque("psk_nonce")
    }

    public func encode(to writer: inout Writer) {
        switch kind {
        case .external(let id):
            writer.uint8(1)
            writer.opaque(id)
        case .resumption(let usage, let groupID, let epoch):
            writer.uint8(2)
            writer.uint8(usage.rawValue)
            writer.opaque(groupID)
            epoch.encode(to: &writer)
        }
        writer.opaque(nonce)
    }
}
