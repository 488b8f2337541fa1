import WireFormat

/// `struct { HPKEPublicKey encryption_key; opaque parent_hash<V>; uint32 unmerged_leaves<V>; } ParentNode;` (§7.1)
struct ParentNode: Hashable, Sendable, WireCodable {
    var encryptionKey: [UInt8]
    var parentHash: [UInt8]
    /// In increasing order.
    var unmergedLeaves: [LeafIndex]

    init(encryptionKey: [UInt8], parentHash: [UInt8], unmergedLeaves: [LeafIndex]) {
        self.encryptionKey = encryptionKey
        self.parentHash = parentHash
        self.unmergedLeaves = unmergedLeaves
    }

    init(from reader: inout Reader) throws(WireError) {
        encryptionKey = try reader.opaque("encryption_key")
        parentHash = try reader.opaque("parent_hash")
        unmergedLeaves = try reader.vector("unmerged_leaves")
    }

    func encode(to writer: inout Writer) {
        writer.opaque(encryptionKey)
        writer.opaque(parentHash)
        writer.vector(unmergedLeaves)
    }

    /// Whether `leaf` is among the unmerged leaves, which must be in order.
    func hasUnmerged(_ leaf: LeafIndex) -> Bool {
        var (low, high) = (0, unmergedLeaves.count)
        while low < high {
            let middle = (low + high) / 2
            if unmergedLeaves[middle] < leaf { low = middle + 1 } else { high = middle }
        }
        return low < unmergedLeaves.count && unmergedLeaves[low] == leaf
    }
}
