public import Sodium
import WireFormat

/// What others need to add a client to a group (§10). A decoded one is unverified until ``verified(suite:)``.
///
///     struct {
///         ProtocolVersion version; CipherSuite cipher_suite; HPKEPublicKey init_key; LeafNode leaf_node;
///         Extension extensions<V>; opaque signature<V>;
///     } KeyPackage;
struct UnverifiedKeyPackage: Hashable, Sendable, WireCodable {
    let cipherSuite: UInt16
    let initKey: [UInt8]
    let leafNode: LeafNode
    let extensions: [Extension]
    fileprivate(set) var signature: [UInt8]

    init(from reader: inout Reader) throws(WireError) {
        try ProtocolVersion.read(from: &reader)
        cipherSuite = try reader.uint16("cipher_suite")
        initKey = try reader.opaque("init_key")
        leafNode = try LeafNode(from: &reader)
        extensions = try reader.vector("extensions")
        signature = try reader.opaque("signature")
    }

    fileprivate init(cipherSuite: UInt16, initKey: [UInt8], leafNode: LeafNode, extensions: [Extension]) {
        self.cipherSuite = cipherSuite
        self.initKey = initKey
        self.leafNode = leafNode
        self.extensions = extensions
        signature = []
    }

    func encode(to writer: inout Writer) {
        encodeUnsigned(to: &writer)
        writer.opaque(signature)
    }

    fileprivate func encodeUnsigned(to writer: inout Writer) {
        writer.uint16(ProtocolVersion.mls10)
        writer.uint16(cipherSuite)
        writer.opaque(initKey)
        leafNode.encode(to: &writer)
        writer.vector(extensions)
    }

    fileprivate var toBeSigned: [UInt8] {
        var writer = Writer(reservingCapacity: 512)
        encodeUnsigned(to: &writer)
        return writer.bytes
    }

    /// The rules of §10.1.
    func verified(suite: CipherSuite) throws(MLSError) -> KeyPackage {
        guard cipherSuite == suite.rawValue else {
            throw MLSError(.unsupportedCipherSuite, "a key package is of another cipher suite")
        }
        guard case .keyPackage(let lifetime) = leafNode.source else {
            throw MLSError(.wrongLeafNodeSource, "a key package's leaf is not made for one")
        }
        try extensions.checkUnique()
        try leafNode.validate(suite: suite, required: nil)
        guard initKey != leafNode.encryptionKey else {
            throw MLSError(.initKeyReused, "a key package uses one key twice")
        }
        try leafNode.verifySignature(suite: suite, groupID: [], index: LeafIndex(0))
        try suite.verify(signature, of: toBeSigned, label: "KeyPackageTBS", by: leafNode.signatureKey)
        return KeyPackage(verified: self, lifetime: lifetime, suite: suite)
    }
}

/// A key package whose signatures and form were checked (§10.1). Whether its credential is to be trusted, and its lifetime
/// against the clock, is for the caller to judge.
public struct KeyPackage: Hashable, Sendable {
    let content: UnverifiedKeyPackage
    public let lifetime: Lifetime
    /// KeyPackageRef (§5.2).
    public let reference: [UInt8]

    fileprivate init(verified content: UnverifiedKeyPackage, lifetime: Lifetime, suite: CipherSuite) {
        self.content = content
        self.lifetime = lifetime
        reference = suite.reference(label: "KeyPackage Reference", of: content.encoded)
    }

    /// Reads and verifies an MLSMessage that holds a key package.
    public init(decoding message: [UInt8]) throws(MLSError) {
        guard case .keyPackage(let content) = try MLSMessage(checking: message) else {
            throw MLSError(.wrongContentType, "this is no key package")
        }
        self = try content.verified(suite: .x25519ChaCha20SHA256Ed25519)
    }

    public var leafNode: LeafNode { content.leafNode }
    /// Whether it may be used more than once, when no other is left.
    public var isLastResort: Bool { content.extensions.first(of: .lastResort) != nil }
    /// As an MLSMessage.
    public var encoded: [UInt8] { MLSMessage.keyPackage(content).encoded }
}

/// A key package with its private keys: kept by its maker until a Welcome uses it.
public struct KeyPackageBundle: Sendable {
    public let keyPackage: KeyPackage
    let initPrivateKey: SecretBytes
    let encryptionPrivateKey: SecretBytes

    init(keyPackage: KeyPackage, initPrivateKey: SecretBytes, encryptionPrivateKey: SecretBytes) {
        self.keyPackage = keyPackage
        self.initPrivateKey = initPrivateKey
        self.encryptionPrivateKey = encryptionPrivateKey
    }

    /// KeyPackageRef (§5.2).
    public var reference: [UInt8] { keyPackage.reference }

    /// Makes a new one for a basic credential.
    /// - Parameter lastResort: marks it as one that may be used more than once.
    public static func generate(
        identity: [UInt8], signer: Ed25519.PrivateKey, lifetime: Lifetime, capabilities: Capabilities,
        lastResort: Bool = false, suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws(MLSError) -> KeyPackageBundle {
        let initKey = suite.generateKeyPair()
        let encryptionKey = suite.generateKeyPair()
        let leaf = LeafNode(
            encryptionKey: encryptionKey.publicKey, signer: signer, credential: .basic(identity: identity),
            capabilities: capabilities, source: .keyPackage(lifetime), extensions: [], suite: suite, groupID: [],
            index: LeafIndex(0))
        var content = UnverifiedKeyPackage(
            cipherSuite: suite.rawValue, initKey: initKey.publicKey, leafNode: leaf,
            extensions: lastResort ? [Extension(.lastResort, data: [])] : [])
        content.signature = suite.sign(content.toBeSigned, label: "KeyPackageTBS", with: signer)
        return KeyPackageBundle(
            keyPackage: try content.verified(suite: suite), initPrivateKey: initKey.privateKey,
            encryptionPrivateKey: encryptionKey.privateKey)
    }

    /// To be sealed by the caller.
    public func serialized() -> SecretBytes {
        SecretBytes.encoding { writer in
            writer.opaque(keyPackage.encoded)
            writer.secret(initPrivateKey)
            writer.secret(encryptionPrivateKey)
        }
    }

    public init(serialized: SecretBytes) throws(MLSError) {
        (keyPackage, initPrivateKey, encryptionPrivateKey) = try serialized.decoding { (reader) throws(MLSError) in
            let encoded = try MLS.decoding { () throws(WireError) in try reader.opaque() }
            return (
                try KeyPackage(decoding: encoded), try reader.secret(), try reader.secret()
            )
        }
    }
}
