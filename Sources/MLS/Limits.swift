/// What this library accepts. Hostile input is refused beyond it before it costs anything.
public enum Limits {
    /// The largest message, in bytes: a Welcome with the tree of 10,000 members has about 4 MB.
    public static let messageBytes = 16 << 20
    /// How deep vectors and optionals of a message may be nested. RFC 9420's own structures need three levels: byte
    /// strings and structures do not count.
    public static let nesting = 16
    /// The most leaves of a tree, a power of two: groups of up to 10,000 members, with room for blank places.
    public static let leaves = 16_384
    /// How many generations one message may skip (§9.1): each costs three derivations.
    public static let skippedGenerations: UInt32 = 1_000
    /// How many keys of skipped generations are kept for each sender and ratchet; the oldest go first.
    public static let keptSkippedKeys = 1_000
    /// Proposals received and not yet committed.
    public static let pendingProposals = 1_000
    /// Bytes of those proposals together.
    public static let pendingProposalBytes = 16 << 20
    /// The most bytes of a group's id that is chosen here. Others may choose longer ones.
    public static let groupIDBytes = 255

    /// That an id may be chosen here.
    /// - Throws: `limitExceeded`.
    static func check(groupID: [UInt8]) throws(MLSError) {
        guard groupID.count <= groupIDBytes else {
            throw MLSError(.limitExceeded, "a group id has at most \(groupIDBytes) bytes")
        }
    }

    /// That others take a message of at least `count` bytes.
    /// - Throws: `limitExceeded`.
    static func check(messageBytes count: Int) throws(MLSError) {
        guard count <= messageBytes else {
            throw MLSError(.limitExceeded, "a message is larger than \(messageBytes) bytes")
        }
    }
}
