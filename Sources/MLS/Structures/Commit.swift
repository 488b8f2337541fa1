import WireFormat

/// `struct { ProposalOrRef proposals<V>; optional<UpdatePath> path; } Commit;` (§12.4)
struct Commit: Hashable, Sendable, WireCodable {
    let proposals: [ProposalOrRef]
    let path: UpdatePath?

    init(proposals: [ProposalOrRef], path: UpdatePath?) {
        self.proposals = proposals
        self.path = path
    }

    init(from reader: inout Reader) throws(WireError) {
        proposals = try reader.vector("proposals")
        path = try reader.optional()
    }

    func encode(to writer: inout Writer) {
        writer.vector(proposals)
        writer.optional(path)
    }
}

/// New keys along the committer's filtered direct path (§7.6).
///
///     struct { HPKEPublicKey encryption_key; HPKECiphertext encrypted_path_secret<V>; } UpdatePathNode;
///     struct { LeafNode leaf_node; UpdatePathNode nodes<V>; } UpdatePath;
struct UpdatePath: Hashable, Sendable, WireCodable {
    struct Node: Hashable, Sendable, WireCodable {
        let encryptionKey: [UInt8]
        /// One for each node of the resolution of the copath child, in order.
        let encryptedPathSecrets: [HPKECiphertext]

        init(encryptionKey: [UInt8], encryptedPathSecrets: [HPKECiphertext]) {
            self.encryptionKey = encryptionKey
            self.encryptedPathSecrets = encryptedPathSecrets
        }

        init(from reader: inout Reader) throws(WireError) {
            encryptionKey = try reader.opaque("encryption_key")
            encryptedPathSecrets = try reader.vector("encrypted_path_secret")
        }

        func encode(to writer: inout Writer) {
            writer.opaque(encryptionKey)
            writer.vector(encryptedPathSecrets)
        }
    }

    let leafNode: LeafNode
    let nodes: [Node]

    init(leafNode: LeafNode, nodes: [Node]) {
        self.leafNode = leafNode
        self.nodes = nodes
    }

    init(from reader: inout Reader) throws(WireError) {
        leafNode = try LeafNode(from: &reader)
        nodes = try reader.vector("UpdatePath.nodes")
    }

    func encode(to writer: inout Writer) {
        leafNode.encode(to: &writer)
        writer.vector(nodes)
    }
}
