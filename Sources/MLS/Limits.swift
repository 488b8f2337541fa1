/// What this library accepts. Hostile input is refused beyond it before it costs anything.
public enum Limits {
    /// The largest message, in bytes.
    public static let messageBytes = 16 << 20
    /// The most leaves of a tree.
    public static let leaves = 16_384
    /// How many generations one message may skip (§9.1).
    public static let skippedGenerations: UInt32 = 1_000
    /// How many keys of skipped generations are kept for each sender and ratchet.
    public static let keptSkippedKeys = 1_000
    /// Proposals received and not yet committed.
    public static let pendingProposals = 1_000
    /// The most bytes of a group id.
    public static let groupIDBytes = 255
}
