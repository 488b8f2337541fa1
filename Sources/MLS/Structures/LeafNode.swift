import Sodium
public import WireFormat

/// Who a leaf is (§5.3). The application judges it; see ``Judge``.
public enum Credential: Hashable, Sendable, WireCodable {
    case basic(identity: [UInt8])
    /// A chain of DER certificates, end entity first.
    case x509(chain: [[UInt8]])

    var type: UInt16 {
        switch self {
        case .basic: 1
        case .x509: 2
        }
    }

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint16("credential type") {
        case 1: self = .basic(identity: try reader.opaque("identity"))
        case 2:
            self = .x509(
                chain: try reader.vector("certificates") { (reader) throws(WireError) in
                    try reader.opaque("certificate")
                })
        default: throw WireError(.unknownValue, "credential type")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.uint16(type)
        switch self {
        case .basic(let identity): writer.opaque(identity)
        case .x509(let chain):
            writer.vector { writer in for certificate in chain { writer.opaque(certificate) } }
        }
    }
}

/// What a client supports (§7.2).
///
///     struct { ProtocolVersion versions<V>; CipherSuite cipher_suites<V>; ExtensionType extensions<V>;
///              ProposalType proposals<V>; CredentialType credentials<V>; } Capabilities;
public struct Capabilities: Hashable, Sendable, WireCodable {
    public let versions: [UInt16]
    public let cipherSuites: [UInt16]
    public let extensions: [ExtensionType]
    public let proposals: [UInt16]
    public let credentials: [UInt16]

    /// This library's own: mls10, its suite and basic credentials, and the extensions that the application adds.
    public init(extensions: [ExtensionType] = []) {
        versions = [ProtocolVersion.mls10]
        cipherSuites = [CipherSuite.x25519ChaCha20SHA256Ed25519.rawValue]
        self.extensions = extensions
        proposals = []
        credentials = [1]
    }

    public init(from reader: inout Reader) throws(WireError) {
        versions = try reader.uint16s()
        cipherSuites = try reader.uint16s()
        extensions = try reader.vector()
        proposals = try reader.uint16s()
        credentials = try reader.uint16s()
    }

    public func encode(to writer: inout Writer) {
        writer.uint16s(versions)
        writer.uint16s(cipherSuites)
        writer.vector(extensions)
        writer.uint16s(proposals)
        writer.uint16s(credentials)
    }

    func supports(_ type: ExtensionType) -> Bool { type.isDefault || extensions.contains(type) }
    func supports(proposal type: UInt16) -> Bool { (1...7).contains(type) || proposals.contains(type) }
}

/// `enum { reserved(0), mls10(1), (65535) } ProtocolVersion;` (§6)
enum ProtocolVersion {
    static let mls10: UInt16 = 1

    static func read(from reader: inout Reader) throws(WireError) {
        guard try reader.uint16("protocol version") == mls10 else {
            throw WireError(.unknownValue, "protocol version")
        }
    }
}

/// When a key package may be used, in seconds since 1970 (§7.2).
public struct Lifetime: Hashable, Sendable, WireCodable {
    public let notBefore: UInt64
    public let notAfter: UInt64

    public init(notBefore: UInt64, notAfter: UInt64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    public init(from reader: inout Reader) throws(WireError) {
        notBefore = try reader.uint64("not_before")
        notAfter = try reader.uint64("not_after")
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(notBefore)
        writer.uint64(notAfter)
    }
}

/// Where a leaf comes from, and what is bound to that (§7.2).
public enum LeafNodeSource: Hashable, Sendable {
    case keyPackage(Lifetime)
    case update
    case commit(parentHash: [UInt8])
}

/// A member's public state (§7.2). Decoded leaves are unverified until ``verifySignature(suite:groupID:index:)``.
///
///     struct {
///         HPKEPublicKey encryption_key; SignaturePublicKey signature_key; Credential credential;
///         Capabilities capabilities; LeafNodeSource leaf_node_source; select (source) …; Extension extensions<V>;
///         opaque signature<V>;
///     } LeafNode;
public struct LeafNode: Hashable, Sendable, WireCodable {
    public let encryptionKey: [UInt8]
    public let signatureKey: [UInt8]
    public let credential: Credential
    public let capabilities: Capabilities
    public let source: LeafNodeSource
    public let extensions: [Extension]
    public private(set) var signature: [UInt8]

    /// A signed leaf. `groupID` and `index` are bound into the signature except for key packages.
    init(
        encryptionKey: [UInt8], signer: Ed25519.PrivateKey, credential: Credential, capabilities: Capabilities,
        source: LeafNodeSource, extensions: [Extension], suite: CipherSuite, groupID: [UInt8], index: LeafIndex
    ) {
        self.encryptionKey = encryptionKey
        signatureKey = signer.publicKey.bytes
        self.credential = credential
        self.capabilities = capabilities
        self.source = source
        self.extensions = extensions
        signature = []
        signature = suite.sign(toBeSigned(groupID: groupID, index: index), label: "LeafNodeTBS", with: signer)
    }

    /// The identity in a basic credential; nil for another kind.
    public var identity: [UInt8]? {
        guard case .basic(let identity) = credential else { return nil }
        return identity
    }

    /// The parent hash of a leaf that came with a commit (§7.9); nil for others.
    var parentHash: [UInt8]? {
        guard case .commit(let parentHash) = source else { return nil }
        return parentHash
    }

    public init(from reader: inout Reader) throws(WireError) {
        encryptionKey = try reader.opaque("encryption_key")
        signatureKey = try reader.opaque("signature_key")
        credential = try Credential(from: &reader)
        capabilities = try Capabilities(from: &reader)
        switch try reader.uint8("leaf_node_source") {
        case 1: source = .keyPackage(try Lifetime(from: &reader))
        case 2: source = .update
        case 3: source = .commit(parentHash: try reader.opaque("parent_hash"))
        default: throw WireError(.unknownValue, "leaf_node_source")
        }
        extensions = try reader.vector("extensions")
        signature = try reader.opaque("signature")
    }

    public func encode(to writer: inout Writer) {
        encodeUnsigned(to: &writer)
        writer.opaque(signature)
    }

    private func encodeUnsigned(to writer: inout Writer) {
        writer.opaque(encryptionKey)
        writer.opaque(signatureKey)
        credential.encode(to: &writer)
        capabilities.encode(to: &writer)
        switch source {
        case .keyPackage(let lifetime):
            writer.uint8(1)
            lifetime.encode(to: &writer)
        case .update: writer.uint8(2)
        case .commit(let parentHash):
            writer.uint8(3)
            writer.opaque(parentHash)
        }
        writer.vector(extensions)
    }

    /// LeafNodeTBS (§7.2).
    private func toBeSigned(groupID: [UInt8], index: LeafIndex) -> [UInt8] {
        var writer = Writer(reservingCapacity: 256)
        encodeUnsigned(to: &writer)
        if case .keyPackage = source { return writer.bytes }
        writer.opaque(groupID)
        index.encode(to: &writer)
        return writer.bytes
    }

    /// - Throws: `invalidSignature`, `invalidKey`.
    func verifySignature(suite: CipherSuite, groupID: [UInt8], index: LeafIndex) throws(MLSError) {
        try suite.verify(
            signature, of: toBeSigned(groupID: groupID, index: index), label: "LeafNodeTBS", by: signatureKey)
    }
}
