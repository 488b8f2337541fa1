public import Sodium

/// What a member changes of itself along with its keys, in an Update or a commit's path (§7.2). Nil leaves it as it is.
public struct LeafChange: Sendable {
    /// The new signature key: hand it in as the group's signer from the next epoch on.
    public var signer: Ed25519.PrivateKey?
    public var credential: Credential?
    public var capabilities: Capabilities?
    /// All of the leaf's new extensions; its capabilities must list them.
    public var extensions: [Extension]?

    /// Changes nothing but the keys.
    public init() {}
}

/// A leaf of one's own but for its encryption key and source.
struct LeafTemplate: Sendable {
    let signer: Ed25519.PrivateKey
    let credential: Credential
    let capabilities: Capabilities
    let extensions: [Extension]

    init(
        signer: Ed25519.PrivateKey, credential: Credential, capabilities: Capabilities, extensions: [Extension]
    ) {
        self.signer = signer
        self.credential = credential
        self.capabilities = capabilities
        self.extensions = extensions
    }

    init(_ leaf: LeafNode, changed change: LeafChange?, signer: Ed25519.PrivateKey) {
        self.init(
            signer: change?.signer ?? signer, credential: change?.credential ?? leaf.credential,
            capabilities: change?.capabilities ?? leaf.capabilities,
            extensions: change?.extensions ?? leaf.extensions)
    }

    func leaf(
        key: [UInt8], source: LeafNodeSource, suite: CipherSuite, groupID: [UInt8], index: LeafIndex
    ) -> LeafNode {
        LeafNode(
            encryptionKey: key, signer: signer, credential: credential, capabilities: capabilities, source: source,
            extensions: extensions, suite: suite, groupID: groupID, index: index)
    }
}
