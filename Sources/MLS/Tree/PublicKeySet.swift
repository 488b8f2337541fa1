/// Public keys to look for others in. Unlike a set of arrays it hashes a key's bytes at once, not one by one: a commit looks
/// for each of its keys several times.
struct PublicKeySet: Equatable, Sendable {
    private struct Key: Hashable {
        let bytes: [UInt8]
        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    private var keys: Set<Key> = []

    func contains(_ key: [UInt8]) -> Bool { keys.contains(Key(bytes: key)) }

    /// Whether none of these is in `other`, except those that are `exempt`.
    func isDisjoint(with other: PublicKeySet, except exempt: PublicKeySet) -> Bool {
        keys.allSatisfy { !other.keys.contains($0) || exempt.keys.contains($0) }
    }

    /// - Returns: whether it was not there.
    @discardableResult
    mutating func insert(_ key: [UInt8]) -> Bool { keys.insert(Key(bytes: key)).inserted }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ key: [UInt8]) -> Bool { keys.remove(Key(bytes: key)) != nil }

    mutating func reserveCapacity(_ count: Int) { keys.reserveCapacity(count) }

    mutating func replace(_ gone: PublicKeySet, by come: PublicKeySet) {
        for key in gone.keys { keys.remove(key) }
        for key in come.keys { keys.insert(key) }
    }
}
