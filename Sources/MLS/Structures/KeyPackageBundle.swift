public import Sodium
import WireFormat

/// A key package with its private keys: kept by its maker until a Welcome uses it.
public struct KeyPackageBundle: Sendable {
    /// To be published.
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
    /// - Parameter lastResort: marks it as one that may be used more than once, and lists that mark in the capabilities.
    /// - Throws: the rules v31, v33 and v35; `limitExceeded` for more than others take.
    public static func generate(
        identity: [UInt8], signer: Ed25519.PrivateKey, lifetime: Lifetime, capabilities: Capabilities,
        lastResort: Bool = false, suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws(MLSError) -> KeyPackageBundle {
        var (capabilities, extensions) = (capabilities, [Extension]())
        if lastResort {
            if !capabilities.supports(.lastResort) { capabilities.extensions.append(.lastResort) }
            extensions.append(Extension(.lastResort, data: []))
        }
        return try generate(
            credential: .basic(identity: identity), signer: signer, lifetime: lifetime, capabilities: capabilities,
            leafExtensions: [], extensions: extensions, suite: suite)
    }

    /// Makes a new one for any credential.
    /// - Parameters:
    ///   - leafExtensions: of the leaf node; `capabilities` must list them.
    ///   - extensions: of the key package; `capabilities` must list them. Those that others do not know are ignored.
    /// - Throws: the rules of §10.1 and §7.3, `limitExceeded`.
    public static func generate(
        credential: Credential, signer: Ed25519.PrivateKey, lifetime: Lifetime, capabilities: Capabilities,
        leafExtensions: [Extension], extensions: [Extension],
        suite: CipherSuite = .x25519ChaCha20SHA256Ed25519
    ) throws(MLSError) -> KeyPackageBundle {
        try (leafExtensions + extensions).checkSize()
        guard capabilities.supports(extensions.types) else {
            throw MLSError(.v55, "a key package has an extension that its leaf does not list")
        }
        let initKey = suite.generateKeyPair()
        let encryptionKey = suite.generateKeyPair()
        let leaf = LeafNode(
            encryptionKey: encryptionKey.publicKey, signer: signer, credential: credential,
            capabilities: capabilities, source: .keyPackage(lifetime), extensions: leafExtensions, suite: suite,
            groupID: [], index: LeafIndex(0))
        let content = UnverifiedKeyPackage(
            initKey: initKey.publicKey, leafNode: leaf, extensions: extensions, signer: signer, suite: suite)
        _ = try MLSMessage.keyPackage(content).checkedEncoding()
        return KeyPackageBundle(
            keyPackage: try content.made(suite: suite), initPrivateKey: initKey.privateKey,
            encryptionPrivateKey: encryptionKey.privateKey)
    }

    var initKeyPair: HPKEKeyPair {
        HPKEKeyPair(privateKey: initPrivateKey, publicKey: keyPackage.content.initKey)
    }

    /// To be sealed by the caller, as ``Group/serialized()`` is.
    public func serialized() -> SecretBytes {
        let encoded = keyPackage.encoded
        let keys = initPrivateKey.storedCapacity + encryptionPrivateKey.storedCapacity
        return SecretBytes.checksummed(reserving: 1 + encoded.count + Writer.lengthCapacity + keys) { writer in
            writer.uint8(Self.version)
            writer.opaque(encoded)
            writer.secret(initPrivateKey)
            writer.secret(encryptionPrivateKey)
        }
    }

    /// - Throws: `damagedState`, and what ``KeyPackage/init(decoding:)`` throws.
    public init(serialized: SecretBytes) throws(MLSError) {
        self = try serialized.decodingChecksummed { (reader) throws(MLSError) in
            let version = try MLS.decoding { () throws(WireError) in try reader.uint8("version") }
            guard version == Self.version else {
                throw MLSError(.damagedState, "a stored key package has format \(version)")
            }
            let encoded = try MLS.decoding { () throws(WireError) in try reader.opaque() }
            return KeyPackageBundle(
                keyPackage: try KeyPackage(decoding: encoded), initPrivateKey: try reader.secret(),
                encryptionPrivateKey: try reader.secret())
        }
        let content = keyPackage.content
        guard let suite = CipherSuite(rawValue: content.cipherSuite),
            suite.isKeyPair(initPrivateKey, content.initKey),
            suite.isKeyPair(encryptionPrivateKey, content.leafNode.encryptionKey)
        else { throw MLSError(.damagedState, "a stored key package has other private keys than its own") }
    }

    /// First byte of a stored one.
    private static let version: UInt8 = 2
}

extension CipherSuite {
    fileprivate func isKeyPair(_ privateKey: SecretBytes, _ publicKey: [UInt8]) -> Bool {
        (try? keyPair(privateKey: privateKey).publicKey) == publicKey
    }
}
