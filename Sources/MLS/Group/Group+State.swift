public import Sodium
import WireFormat

/// The whole state to bytes and back. The bytes hold secrets: the caller seals them, and so keeps them from being altered;
/// a checksum finds damage.
extension Group {
    /// First byte of a stored state, and of one inside a stored commit.
    private static let stateVersion: UInt8 = 3

    /// The whole state, with its secrets: to be sealed by the caller, which also keeps it from being altered. A
    /// checksum finds damage only.
    public func serialized() -> SecretBytes {
        let tree = tree.encoded
        return SecretBytes.checksummed(reserving: storedCapacity(tree: tree)) { writer in
            encode(to: &writer, tree: tree)
        }
    }

    /// - Throws: `damagedState`, `malformed`.
    public init(serialized: SecretBytes) throws(MLSError) {
        self = try serialized.decodingChecksummed { (reader) throws(MLSError) in try Group(from: &reader) }
    }

    /// At least as many bytes as ``encode(to:tree:)`` writes: what is no secret is encoded to know its size.
    func storedCapacity(tree: [UInt8]) -> Int {
        let hashes = interimTranscriptHash.count + confirmationTag.count + 2 * Writer.lengthCapacity
        let numbers = 3 + (reInit?.encoded.count ?? 0)
        return context.encoded.count + tree.count + keys.storedCapacity + hashes + proposals.storedCapacity + numbers
            + (secrets?.storedCapacity ?? 0) + (messageKeys?.storedCapacity ?? 0)
    }

    /// - Parameter tree: encoded, as that takes the longest.
    func encode(to writer: inout Writer, tree: [UInt8]) {
        writer.uint8(Self.stateVersion)
        context.encode(to: &writer)
        writer.fixed(tree)
        keys.encode(to: &writer)
        writer.opaque(interimTranscriptHash)
        writer.opaque(confirmationTag)
        proposals.encode(to: &writer)
        writer.optional(reInit)
        guard let secrets, let messageKeys else {
            writer.uint8(0)
            return
        }
        writer.uint8(1)
        secrets.encode(to: &writer)
        messageKeys.encode(to: &writer)
    }

    init(from reader: inout Reader) throws(MLSError) {
        let version = try decoding { () throws(WireError) in try reader.uint8("state version") }
        guard version == Self.stateVersion else {
            throw MLSError(
                .damagedState, "a stored state has format \(version); this program knows \(Self.stateVersion)")
        }
        context = try decoding { () throws(WireError) in try GroupContext(from: &reader) }
        tree = try RatchetTree(from: &reader, suite: context.cipherSuite)
        guard tree.namesOwnLeavesOnly else {
            throw MLSError(.damagedState, "a stored tree has an unmerged leaf that lies outside")
        }
        keys = try TreePrivateKeys(from: &reader, tree: tree)
        (interimTranscriptHash, confirmationTag) = try decoding { () throws(WireError) in
            (try reader.opaque("interim_transcript_hash"), try reader.opaque("confirmation_tag"))
        }
        proposals = try ProposalCache(from: &reader)
        let isAlive: Bool
        (reInit, isAlive) = try decoding { () throws(WireError) in
            (try reader.optional(ReInit.self), try reader.isPresent("secrets"))
        }
        guard isAlive else { return }
        secrets = try EpochSecrets(from: &reader)
        messageKeys = try SecretTree(from: &reader, suite: context.cipherSuite)
    }
}

extension TreePrivateKeys {
    var storedCapacity: Int { keys.values.reduce(8) { $0 + 4 + $1.storedCapacity } }

    func encode(to writer: inout Writer) {
        index.encode(to: &writer)
        writer.uint32(UInt32(keys.count))
        for (node, key) in keys.sorted(by: { $0.key < $1.key }) {
            writer.uint32(node.value)
            writer.secret(key)
        }
    }

    init(from reader: inout Reader, tree: RatchetTree) throws(MLSError) {
        let (own, count) = try decoding { () throws(WireError) in (try LeafIndex(from: &reader), try reader.uint32()) }
        var nodes: [NodeIndex: SecretBytes] = [:]
        for _ in 0..<count {
            let node = try decoding { () throws(WireError) in NodeIndex(try reader.uint32()) }
            nodes[node] = try reader.secret()
        }
        let width = TreeMath.width(leafCount: tree.leafCount)
        guard tree.leaf(own) != nil, nodes.keys.allSatisfy({ Int($0.value) < width }) else {
            throw MLSError(.damagedState, "a stored key or one's own leaf lies outside the tree")
        }
        self.init(index: own, keys: nodes)
    }
}

extension EpochSecrets {
    private var inOrder: [SecretBytes] {
        [
            senderDataSecret, exporterSecret, externalSecret, confirmationKey, membershipKey, resumptionPSK,
            epochAuthenticator, initSecret,
        ]
    }

    var storedCapacity: Int { inOrder.reduce(0) { $0 + $1.storedCapacity } }

    func encode(to writer: inout Writer) { for secret in inOrder { writer.secret(secret) } }

    init(from reader: inout Reader) throws(MLSError) {
        senderDataSecret = try reader.secret()
        exporterSecret = try reader.secret()
        externalSecret = try reader.secret()
        confirmationKey = try reader.secret()
        membershipKey = try reader.secret()
        resumptionPSK = try reader.secret()
        epochAuthenticator = try reader.secret()
        initSecret = try reader.secret()
    }
}
