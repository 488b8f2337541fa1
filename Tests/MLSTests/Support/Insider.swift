import Sodium
import Testing
import WireFormat

@testable import MLS

/// A member who breaks the rules: makes messages from a real state without the library's own checks, so that a receiver
/// meets exactly one thing that is wrong.
struct Insider {
    var group: Group
    let signer: Ed25519.PrivateKey
    var suite: CipherSuite { group.suite }

    init(_ member: Member) {
        group = member.group
        signer = member.party.signer
    }

    /// As if no ReInit had closed the group.
    func reopened() -> Insider {
        var insider = self
        insider.group.reInit = nil
        return insider
    }

    /// What is changed between signing and protecting.
    struct Framing {
        var format = MessageFormat.privateMessage
        var sender: Sender?
        var groupID: [UInt8]?
        var epoch: Epoch?
        /// Of a commit. The rules that forgeries break come before it is looked at.
        var confirmationTag = [UInt8](repeating: 7, count: 32)
        var signature: [UInt8]?
        var membershipKey: SecretBytes?
        /// Whom the sender data of a PrivateMessage names.
        var privateSender: LeafIndex?
        /// Signs instead of the member.
        var signer: Ed25519.PrivateKey?
    }

    func send(_ content: Content, _ edit: (inout Framing) -> Void = { _ in }) throws -> [UInt8] {
        var framing = Framing()
        edit(&framing)
        return try protect(authenticated(content, framing), framing)
    }

    private func protect(_ signed: AuthenticatedContent, _ framing: Framing = Framing()) throws -> [UInt8] {
        let secrets = try group.activeSecrets()
        guard framing.format == .privateMessage else {
            let message = PublicMessage(
                protecting: signed, membershipKey: framing.membershipKey ?? secrets.membershipKey,
                context: group.context)
            return MLSMessage.publicMessage(message).encoded
        }
        var keys = try requireKeys()
        let (key, generation) = try keys.nextKey(of: group.ownIndex, ratchet: .init(signed.content.content.type))
        let message = try PrivateMessage(
            protecting: signed, sender: framing.privateSender ?? group.ownIndex, key: key, generation: generation,
            senderDataSecret: secrets.senderDataSecret, suite: suite, padding: .none)
        return MLSMessage.privateMessage(message).encoded
    }

    func commit(
        _ proposals: [Proposal], path: UpdatePath? = nil, _ edit: (inout Framing) -> Void = { _ in }
    ) throws -> [UInt8] {
        try send(.commit(Commit(proposals: proposals.map { .proposal($0) }, path: path)), edit)
    }

    private func authenticated(_ content: Content, _ framing: Framing) throws -> AuthenticatedContent {
        let framed = FramedContent(
            groupID: framing.groupID ?? group.id, epoch: framing.epoch ?? group.epoch,
            sender: framing.sender ?? .member(group.ownIndex), authenticatedData: [], content: content)
        let signed = AuthenticatedContent.sign(
            framed, format: framing.format, context: group.context, suite: suite, signer: framing.signer ?? signer)
        return AuthenticatedContent(
            format: framing.format, content: framed,
            auth: AuthData(
                signature: framing.signature ?? signed.auth.signature,
                confirmationTag: content.type == .commit ? framing.confirmationTag : nil))
    }

    func requireKeys() throws -> SecretTree {
        guard let keys = group.messageKeys else { throw UnexpectedResult() }
        return keys
    }

    // MARK: Paths

    /// What is changed in a path before its leaf is signed and its secrets are encrypted.
    struct PathForgery {
        var source: (_ parentHash: [UInt8]) -> LeafNodeSource = { .commit(parentHash: $0) }
        var leafKey: [UInt8]?
        var credential: Credential?
        var capabilities: Capabilities?
        var extensions: [Extension] = []
        var signer: Ed25519.PrivateKey?
        var index: LeafIndex?
        /// Other secrets than those that give the public keys.
        var hasOtherSecrets = false
        var nodes: ([UpdatePath.Node]) -> [UpdatePath.Node] = { $0 }
    }

    func path(_ edit: (inout PathForgery) -> Void = { _ in }) throws -> UpdatePath {
        var forgery = PathForgery()
        edit(&forgery)
        var (tree, keys) = (group.tree, group.keys)
        let own = try #require(tree.leaf(group.ownIndex))
        let made = try TreeKEM.makePath(
            tree: &tree, keys: &keys, groupID: group.id,
            template: LeafTemplate(own, changed: nil, signer: signer))
        guard let parentHash = made.leaf.parentHash else { throw UnexpectedResult() }
        let leaf = LeafNode(
            encryptionKey: forgery.leafKey ?? made.leaf.encryptionKey, signer: forgery.signer ?? signer,
            credential: forgery.credential ?? made.leaf.credential,
            capabilities: forgery.capabilities ?? made.leaf.capabilities,
            source: forgery.source(parentHash), extensions: forgery.extensions, suite: suite, groupID: group.id,
            index: forgery.index ?? group.ownIndex)
        tree.setLeaf(group.ownIndex, to: leaf)
        var context = group.context
        context.epoch = Epoch(context.epoch.value + 1)
        context.treeHash = tree.treeHash()
        let secrets =
            forgery.hasOtherSecrets
            ? try TreeKEM.PathSecrets(first: suite.randomSecret(), count: made.steps.count, suite: suite)
            : made.pathSecrets
        let sent = try TreeKEM.encrypt(
            TreeKEM.NewPath(steps: made.steps, pathSecrets: secrets, publicKeys: made.publicKeys, leaf: leaf),
            in: tree, excluding: [], context: context)
        return UpdatePath(leafNode: leaf, nodes: forgery.nodes(sent.nodes))
    }
}

/// A key package with any field as one likes, signed like a real one.
struct KeyPackageForgery {
    var version: UInt16 = 1
    var suite: UInt16 = 3
    var initKey: [UInt8] = CipherSuite.x25519ChaCha20SHA256Ed25519.generateKeyPair().publicKey
    var leafKey: [UInt8] = CipherSuite.x25519ChaCha20SHA256Ed25519.generateKeyPair().publicKey
    var source = LeafNodeSource.keyPackage(Party.lifetime)
    var credential: Credential
    var capabilities = Party.capabilities
    var leafExtensions: [Extension] = []
    /// Instead of the true one.
    var leafSignature: [UInt8]?
    var extensions: [Extension] = []
    var leafSigner: Ed25519.PrivateKey
    var signer: Ed25519.PrivateKey

    init(_ party: Party) {
        credential = .basic(identity: party.identity)
        leafSigner = party.signer
        signer = party.signer
    }

    /// The KeyPackage structure.
    var encoded: [UInt8] {
        let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
        let leaf = LeafNode(
            encryptionKey: leafKey, signer: leafSigner, credential: credential, capabilities: capabilities,
            source: source, extensions: leafExtensions, suite: suite, groupID: [], index: LeafIndex(0))
        var writer = Writer()
        writer.uint16(version)
        writer.uint16(self.suite)
        writer.opaque(initKey)
        if let leafSignature {
            writer.fixed(leaf.encoded.dropLast(leaf.signature.count))
            writer.fixed(leafSignature)
        } else {
            leaf.encode(to: &writer)
        }
        writer.vector(extensions)
        let signature = suite.sign(writer.bytes, label: "KeyPackageTBS", with: signer)
        writer.opaque(signature)
        return writer.bytes
    }

    var message: [UInt8] { [0, 1, 0, 5] + encoded }
    func package() throws -> UnverifiedKeyPackage { try UnverifiedKeyPackage(decoding: encoded) }

    func proposal() throws -> Proposal { try Proposal(decoding: [0, 1] + encoded) }
}

extension Capabilities {
    static func forged(
        versions: [UInt16] = [1], suites: [UInt16] = [3], extensions: [ExtensionType] = [Party.policy],
        proposals: [UInt16] = [], credentials: [UInt16] = [1]
    ) throws -> Capabilities {
        var writer = Writer()
        writer.uint16s(versions)
        writer.uint16s(suites)
        writer.vector(extensions)
        writer.uint16s(proposals)
        writer.uint16s(credentials)
        return try Capabilities(decoding: writer.bytes)
    }
}
