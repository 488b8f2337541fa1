import WireFormat

/// `struct { HPKEPublicKey encryption_key; opaque parent_hash<V>; uint32 unmerged_leaves<V>; } ParentNode;` (§7.1)
///
/// One reference, as trees are copied often and changed in few places.
struct ParentNode: Hashable, Sendable, WireCodable {
    private final class Storage: Sendable {
        let encryptionKey: [UInt8]
        let parentHash: [UInt8]
        let unmergedLeaves: [LeafIndex]

        init(_ encryptionKey: [UInt8], _ parentHash: [UInt8], _ unmergedLeaves: [LeafIndex]) {
            self.encryptionKey = encryptionKey
            self.parentHash = parentHash
            self.unmergedLeaves = unmergedLeaves
        }
    }

    private var storage: Storage

    var encryptionKey: [UInt8] {
        get { storage.encryptionKey }
        set { storage = Storage(newValue, parentHash, unmergedLeaves) }
    }

    var parentHash: [UInt8] {
        get { storage.parentHash }
        set { storage = Storage(encryptionKey, newValue, unmergedLeaves) }
    }

    /// In increasing order.
    var unmergedLeaves: [LeafIndex] {
        get { storage.unmergedLeaves }
        set { storage = Storage(encryptionKey, parentHash, newValue) }
    }

    init(encryptionKey: [UInt8], parentHash: [UInt8], unmergedLeaves: [LeafIndex]) {
        storage = Storage(encryptionKey, parentHash, unmergedLeaves)
    }

    static func == (a: Self, b: Self) -> Bool {
        a.storage === b.storage
            || (a.encryptionKey == b.encryptionKey && a.parentHash == b.parentHash
                && a.unmergedLeaves == b.unmergedLeaves)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(encryptionKey) }

    init(from reader: inout Reader) throws(WireError) {
        storage = Storage(
            try reader.opaque("encryption_key"), try reader.opaque("parent_hash"),
            try reader.vector("unmerged_leaves"))
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
