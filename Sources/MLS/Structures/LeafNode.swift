import Sodium
public import WireFormat

/// Where a leaf comes from, and what is bound to that (§7.2).
public enum LeafNodeSource: Hashable, Sendable {
    /// A key package, with the time when it may be used.
    case keyPackage(Lifetime)
    /// An Update proposal.
    case update
    /// A commit's path; it is bound to the nodes above by its parent hash (§7.9).
    case commit(parentHash: [UInt8])
}

/// A member's public state (§7.2). Decoded leaves are unverified until ``verifySignature(suite:groupID:index:)``.
///
///     struct {
///         HPKEPublicKey encryption_key; SignaturePublicKey signature_key; Credential credential;
///         Capabilities capabilities; LeafNodeSource leaf_node_source; select (source) …; Extension extensions<V>;
///         opaque signature<V>;
///     } LeafNode;
///
/// Copies share one object, which holds the encoding as it came: it is hashed, signed and sent many times.
public struct LeafNode: Hashable, Sendable, WireCodable {
    private let storage: Storage

    private final class Storage: Sendable {
        let content: Content
        /// The encoding without the signature.
        let unsigned: [UInt8]
        let signature: [UInt8]

        init(content: Content, unsigned: [UInt8], signature: [UInt8]) {
            self.content = content
            self.unsigned = unsigned
            self.signature = signature
        }
    }

    private struct Content: Sendable {
        let encryptionKey: [UInt8]
        let signatureKey: [UInt8]
        let credential: Credential
        let capabilities: Capabilities
        let source: LeafNodeSource
        let extensions: [Extension]

        init(
            encryptionKey: [UInt8], signatureKey: [UInt8], credential: Credential, capabilities: Capabilities,
            source: LeafNodeSource, extensions: [Extension]
        ) {
            self.encryptionKey = encryptionKey
            self.signatureKey = signatureKey
            self.credential = credential
            self.capabilities = capabilities
            self.source = source
            self.extensions = extensions
        }

        init(from reader: inout Reader) throws(WireError) {
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
        }

        func encode(to writer: inout Writer) {
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
    }

    /// A signed leaf. `groupID` and `index` are bound into the signature except for key packages.
    init(
        encryptionKey: [UInt8], signer: Ed25519.PrivateKey, credential: Credential, capabilities: Capabilities,
        source: LeafNodeSource, extensions: [Extension], suite: CipherSuite, groupID: [UInt8], index: LeafIndex
    ) {
        let content = Content(
            encryptionKey: encryptionKey, signatureKey: signer.publicKey.bytes, credential: credential,
            capabilities: capabilities, source: source, extensions: extensions)
        var writer = Writer(reservingCapacity: 256)
        content.encode(to: &writer)
        let toBeSigned = Self.toBeSigned(writer.bytes, source: source, groupID: groupID, index: index)
        storage = Storage(
            content: content, unsigned: writer.bytes,
            signature: suite.sign(toBeSigned, label: Self.label, with: signer))
    }

    public init(from reader: inout Reader) throws(WireError) {
        let (content, unsigned) = try reader.capturing { (reader) throws(WireError) in try Content(from: &reader) }
        storage = Storage(content: content, unsigned: unsigned, signature: try reader.opaque("signature"))
    }

    public func encode(to writer: inout Writer) {
        writer.fixed(storage.unsigned)
        writer.opaque(storage.signature)
    }

    /// The HPKE key to which path secrets for this member are encrypted (§7.5).
    public var encryptionKey: [UInt8] { storage.content.encryptionKey }
    /// The key that verifies what this member signs. No two members have the same.
    public var signatureKey: [UInt8] { storage.content.signatureKey }
    /// Who this is, as it says: see ``Judge``.
    public var credential: Credential { storage.content.credential }
    /// What its client supports.
    public var capabilities: Capabilities { storage.content.capabilities }
    /// Where it comes from; to be the one that its place asks for (§7.3).
    public var source: LeafNodeSource { storage.content.source }
    /// Of the leaf; all are listed in its capabilities.
    public var extensions: [Extension] { storage.content.extensions }
    /// By ``signatureKey`` over all the rest, and over the group's id and the leaf index unless it is from a key
    /// package (§7.2).
    public var signature: [UInt8] { storage.signature }

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

    // The encoding is one to one with the content.
    public static func == (a: Self, b: Self) -> Bool {
        a.storage === b.storage || (a.signature == b.signature && a.storage.unsigned == b.storage.unsigned)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(signature) }

    // MARK: Signature

    private static let label = "LeafNodeTBS"

    /// LeafNodeTBS (§7.2).
    private static func toBeSigned(
        _ unsigned: [UInt8], source: LeafNodeSource, groupID: [UInt8], index: LeafIndex
    ) -> [UInt8] {
        if case .keyPackage = source { return unsigned }
        var writer = Writer(reservingCapacity: unsigned.count + groupID.count + 8)
        writer.fixed(unsigned)
        writer.opaque(groupID)
        index.encode(to: &writer)
        return writer.bytes
    }

    func verifySignature(suite: CipherSuite, groupID: [UInt8], index: LeafIndex) throws(MLSError) {
        try suite.verify(
            signature, of: Self.toBeSigned(storage.unsigned, source: source, groupID: groupID, index: index),
            label: Self.label, by: signatureKey, rule: .v30)
    }
}
