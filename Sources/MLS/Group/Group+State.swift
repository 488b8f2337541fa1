public import Sodium
import WireFormat

/// The whole state to bytes and back. The bytes hold secrets: the caller seals them.
extension Group {
    /// First byte of a stored state.
    private static let stateVersion: UInt8 = 1

    public func serialized() -> SecretBytes {
        SecretBytes.encoding { writer in
            writer.uint8(Self.stateVersion)
            writer.opaque(context.encoded)
            writer.opaque(tree.encoded)
            keys.index.encode(to: &writer)
            writer.uint32(UInt32(keys.keys.count))
            for (node, key) in keys.keys.sorted(by: { $0.key < $1.key }) {
                writer.uint32(node.value)
                writer.secret(key)
            }
            writer.opaque(interimTranscriptHash)
            writer.opaque(confirmationTag)
            writer.uint32(UInt32(proposals.count))
            for (reference, received) in proposals.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) })
            {
                writer.opaque(reference.bytes)
                received.sender.encode(to: &writer)
                received.proposal.encode(to: &writer)
            }
            guard let secrets, let messageKeys else {
                writer.uint8(0)
                return
            }
            writer.uint8(1)
            secrets.encode(to: &writer)
            messageKeys.encode(to: &writer)
        }
    }

    /// - Throws: `damagedState`, `malformed`.
    public init(serialized: SecretBytes) throws(MLSError) {
        self = try serialized.decoding { (reader) throws(MLSError) in try Group(state: &reader) }
    }

    private init(state reader: inout Reader) throws(MLSError) {
        let (version, encodedContext, encodedTree) = try decoding { () throws(WireError) in
            (try reader.uint8("state version"), try reader.opaque("context"), try reader.opaque("tree"))
        }
        guard version == Self.stateVersion else {
            throw MLSError(.damagedState, "a stored state has format \(version); this program knows 1")
        }
        context = try decoding { () throws(WireError) in try GroupContext(decoding: encodedContext) }
        tree = try RatchetTree(decoding: encodedTree, suite: context.cipherSuite)
        guard tree.treeHash() == context.treeHash else {
            throw MLSError(.damagedState, "a stored tree is not the one of its epoch")
        }
        let (own, keyCount) = try decoding { () throws(WireError) in (try LeafIndex(from: &reader), try reader.uint32())
        }
        var nodes: [NodeIndex: SecretBytes] = [:]
        for _ in 0..<keyCount {
            let node = try decoding { () throws(WireError) in NodeIndex(try reader.uint32()) }
            nodes[node] = try reader.secret()
        }
        let width = TreeMath.width(leafCount: tree.leafCount)
        guard tree.leaf(own) != nil, nodes.keys.allSatisfy({ Int($0.value) < width }) else {
            throw MLSError(.damagedState, "a stored key or one's own leaf lies outside the tree")
        }
        keys = TreePrivateKeys(index: own, keys: nodes)
        (interimTranscriptHash, confirmationTag) = try decoding { () throws(WireError) in
            (try reader.opaque("interim_transcript_hash"), try reader.opaque("confirmation_tag"))
        }
        let proposalCount = try decoding { () throws(WireError) in try reader.uint32() }
        for _ in 0..<proposalCount {
            let (reference, received) = try decoding { () throws(WireError) in
                (
                    ProposalRef(bytes: try reader.opaque()),
                    ReceivedProposal(sender: try LeafIndex(from: &reader), proposal: try Proposal(from: &reader))
                )
            }
            proposals[reference] = received
        }
        guard try decoding({ () throws(WireError) in try reader.isPresent("secrets") }) else { return }
        secrets = try EpochSecrets(from: &reader)
        messageKeys = try SecretTree(from: &reader, suite: context.cipherSuite)
    }
}

extension EpochSecrets {
    func encode(to writer: inout Writer) {
        for secret in [
            senderDataSecret, exporterSecret, externalSecret, confirmationKey, membershipKey, resumptionPSK,
            epochAuthenticator, initSecret,
        ] { writer.secret(secret) }
    }

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
