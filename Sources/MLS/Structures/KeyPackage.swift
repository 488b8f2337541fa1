import Sodium
import WireFormat

/// What others need to add a client to a group (§10). A decoded one is unverified until ``verified(suite:)``.
///
///     struct {
///         ProtocolVersion version; CipherSuite cipher_suite; HPKEPublicKey init_key; LeafNode leaf_node;
///         Extension extensions<V>; opaque signature<V>;
///     } KeyPackage;
struct UnverifiedKeyPackage: Hashable, Sendable, WireCodable {
    let version: UInt16
    let cipherSuite: UInt16
    let initKey: [UInt8]
    let leafNode: LeafNode
    let extensions: [Extension]
    /// The encoding without the signature, as it came.
    private let unsigned: [UInt8]
    let signature: [UInt8]

    private typealias Fields = (
        version: UInt16, suite: UInt16, initKey: [UInt8], leaf: LeafNode, extensions: [Extension]
    )

    init(from reader: inout Reader) throws(WireError) {
        let (fields, unsigned) = try reader.capturing { (reader) throws(WireError) -> Fields in
            (
                try reader.uint16("version"), try reader.uint16("cipher_suite"), try reader.opaque("init_key"),
                try LeafNode(from: &reader), try reader.vector("extensions")
            )
        }
        (version, cipherSuite, initKey, leafNode, extensions) = fields
        self.unsigned = unsigned
        signature = try reader.opaque("signature")
    }

    /// A signed one.
    init(
        initKey: [UInt8], leafNode: LeafNode, extensions: [Extension], signer: Ed25519.PrivateKey, suite: CipherSuite
    ) {
        version = ProtocolVersion.mls10
        cipherSuite = suite.rawValue
        self.initKey = initKey
        self.leafNode = leafNode
        self.extensions = extensions
        var writer = Writer(reservingCapacity: 512)
        writer.uint16(version)
        writer.uint16(cipherSuite)
        writer.opaque(initKey)
        leafNode.encode(to: &writer)
        writer.vector(extensions)
        unsigned = writer.bytes
        signature = suite.sign(unsigned, label: Self.label, with: signer)
    }

    func encode(to writer: inout Writer) {
        writer.fixed(unsigned)
        writer.opaque(signature)
    }

    private static let label = "KeyPackageTBS"

    /// The rules of §10.1.
    func verified(suite: CipherSuite) throws(MLSError) -> KeyPackage {
        let package = try made(suite: suite)
        try leafNode.verifySignature(suite: suite, groupID: [], index: LeafIndex(0))
        try suite.verify(signature, of: unsigned, label: Self.label, by: leafNode.signatureKey, rule: .v52)
        return package
    }

    /// All of them but the signatures: for one that was just signed here.
    func made(suite: CipherSuite) throws(MLSError) -> KeyPackage {
        guard version == ProtocolVersion.mls10 else {
            throw MLSError(.v51, "a key package is of another protocol version")
        }
        guard cipherSuite == suite.rawValue else {
            throw MLSError(.v50, "a key package is of another cipher suite")
        }
        guard case .keyPackage(let lifetime) = leafNode.source else {
            throw MLSError(.v38, "a key package's leaf is not made for one")
        }
        guard suite.isUsable(encryptionKey: initKey) else {
            throw MLSError(.v54, "an init key cannot be used")
        }
        try extensions.checkUnique()
        try leafNode.validate(suite: suite, required: nil)
        // Unknown ones are ignored (§13.4): not every client lists its GREASE.
        guard leafNode.capabilities.supports(extensions.types.filter(\.isOfKeyPackages)) else {
            throw MLSError(.v55, "a key package has an extension that its leaf does not list")
        }
        guard initKey != leafNode.encryptionKey else {
            throw MLSError(.v53, "a key package uses one key twice")
        }
        return KeyPackage(verified: self, lifetime: lifetime, suite: suite)
    }
}

/// A key package whose signatures and form were checked (§10.1). Whether its credential is to be trusted, and its lifetime
/// against the clock, is for the caller to judge.
public struct KeyPackage: Hashable, Sendable {
    let content: UnverifiedKeyPackage
    /// Of its leaf.
    public let lifetime: Lifetime
    /// KeyPackageRef (§5.2).
    public let reference: [UInt8]

    fileprivate init(verified content: UnverifiedKeyPackage, lifetime: Lifetime, suite: CipherSuite) {
        self.content = content
        self.lifetime = lifetime
        reference = suite.reference(label: "KeyPackage Reference", of: content.encoded)
    }

    /// Reads and verifies an MLSMessage that holds a key package.
    /// - Throws: `malformed`, `limitExceeded`, `wrongContentType`, rule v1, and the rules of §10.1 and §7.3.
    public init(decoding message: [UInt8]) throws(MLSError) {
        guard case .keyPackage(let content) = try MLSMessage(checking: message) else {
            throw MLSError(.wrongContentType, "this is no key package")
        }
        self = try content.verified(suite: .x25519ChaCha20SHA256Ed25519)
    }

    /// What its maker's leaf will be.
    public var leafNode: LeafNode { content.leafNode }
    /// Whether it may be used more than once, when no other is left.
    public var isLastResort: Bool { content.extensions.first(of: .lastResort) != nil }
    /// As an MLSMessage.
    public var encoded: [UInt8] { MLSMessage.keyPackage(content).encoded }
}

extension KeyPackage {
    /// Reads and verifies many, on all processors.
    /// - Throws: as ``init(decoding:)``, for one that is refused.
    public static func verified(_ messages: [[UInt8]]) throws(MLSError) -> [KeyPackage] {
        try Parallel.map(messages) { (message) throws(MLSError) in try KeyPackage(decoding: message) }
    }
}
