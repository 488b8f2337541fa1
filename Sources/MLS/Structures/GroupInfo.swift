import Sodium
import WireFormat

/// What a joiner needs to know of a group (§12.4.3), unverified, and of any cipher suite.
///
///     struct { GroupContext group_context; Extension extensions<V>; MAC confirmation_tag; uint32 signer;
///              opaque signature<V>; } GroupInfo;
struct UnverifiedGroupInfo: Hashable, Sendable, WireCodable {
    let context: UnverifiedGroupContext
    let extensions: [Extension]
    let confirmationTag: [UInt8]
    let signer: LeafIndex
    /// The encoding without the signature, as it came.
    private let unsigned: [UInt8]
    let signature: [UInt8]

    private typealias Fields = (
        context: UnverifiedGroupContext, extensions: [Extension], confirmationTag: [UInt8], signer: LeafIndex
    )

    /// A signed one.
    init(
        context: GroupContext, extensions: [Extension], confirmationTag: [UInt8], signer: LeafIndex,
        key: Ed25519.PrivateKey
    ) {
        self.context = UnverifiedGroupContext(context)
        self.extensions = extensions
        self.confirmationTag = confirmationTag
        self.signer = signer
        var writer = Writer(reservingCapacity: 1024 + extensions.reduce(0) { $0 + $1.data.count })
        context.encode(to: &writer)
        writer.vector(extensions)
        writer.opaque(confirmationTag)
        signer.encode(to: &writer)
        unsigned = writer.bytes
        signature = context.cipherSuite.sign(unsigned, label: Self.label, with: key)
    }

    init(from reader: inout Reader) throws(WireError) {
        let (fields, unsigned) = try reader.capturing { (reader) throws(WireError) -> Fields in
            (
                try UnverifiedGroupContext(from: &reader), try reader.vector("extensions"),
                try reader.opaque("confirmation_tag"), try LeafIndex(from: &reader)
            )
        }
        (context, extensions, confirmationTag, signer) = fields
        self.unsigned = unsigned
        signature = try reader.opaque("signature")
    }

    func encode(to writer: inout Writer) {
        writer.fixed(unsigned)
        writer.opaque(signature)
    }

    private static let label = "GroupInfoTBS"

    /// The context, where it is of `suite`.
    func context(of suite: CipherSuite) throws(MLSError) -> GroupContext {
        guard context.cipherSuite == suite.rawValue else {
            throw MLSError(.v123, "the GroupInfo is of another cipher suite")
        }
        return GroupContext(context, suite: suite)
    }

    /// The tree that it brings, or else the one given, wholly checked, and its own signature (§12.4.3.1).
    func verified(
        context: GroupContext, ratchetTree: [UInt8]?
    ) throws(MLSError) -> (tree: RatchetTree, index: TreeIndex) {
        try extensions.checkUnique()
        try context.extensions.checkForm()
        guard let encoded = extensions.first(of: .ratchetTree)?.data ?? ratchetTree else {
            throw MLSError(.v136, "the group's ratchet tree is neither in the message nor given")
        }
        var tree = try RatchetTree(decoding: encoded, suite: context.cipherSuite)
        let index = try tree.validate(context: context)
        guard let leaf = tree.leaf(signer) else {
            throw MLSError(.v124, "the GroupInfo is signed by nobody in the tree")
        }
        try context.cipherSuite.verify(
            signature, of: unsigned, label: Self.label, by: leaf.signatureKey, rule: .v125)
        return (tree, index)
    }

    func verifySignature(by key: [UInt8], suite: CipherSuite) throws(MLSError) {
        try suite.verify(signature, of: unsigned, label: Self.label, by: key, rule: .v125)
    }
}

extension [Extension] {
    /// The key in an `external_pub` extension (§12.4.3.2).
    func externalKey() throws(MLSError) -> [UInt8] {
        guard let found = first(of: .externalPub) else {
            throw MLSError(.v137, "the GroupInfo has no key for external commits")
        }
        return try decoding { () throws(WireError) in
            var reader = Reader(found.data)
            let key = try reader.opaque("external_pub")
            try reader.finish("external_pub")
            return key
        }
    }
}
