public import Sodium
import WireFormat

/// A commit that was made and not yet agreed on: send `message`; when it turns out to be the epoch's first, hand out the
/// Welcomes and go on with `next`; otherwise drop it, and where no other commit comes first, see
/// ``Group/discardCommit()``.
public struct PendingCommit: Sendable {
    /// An MLSMessage.
    public let message: [UInt8]
    /// One for each part of ``CommitPlan/welcomeSplit``, as MLSMessages; they differ in `secrets` only.
    public let welcomes: [[UInt8]]
    /// This member's state of the next epoch, to go on with once the commit is agreed on.
    public let next: Group
    /// What the commit does, as the judge saw it.
    public let facts: CommitFacts

    init(message: [UInt8], welcomes: [[UInt8]], next: Group, facts: CommitFacts) {
        self.message = message
        self.welcomes = welcomes
        self.next = next
        self.facts = facts
    }

    /// All of it, to be sealed by the caller, as ``Group/serialized()`` is.
    public func serialized() -> SecretBytes {
        let (facts, tree) = (facts.encoded, next.tree.encoded)
        let sent = welcomes.reduce(message.count + 2 * Writer.lengthCapacity) { $0 + $1.count + Writer.lengthCapacity }
        let capacity = 1 + sent + facts.count + next.storedCapacity(tree: tree)
        return SecretBytes.checksummed(reserving: capacity) { writer in
            writer.uint8(Self.version)
            writer.opaque(message)
            writer.vector { writer in for welcome in welcomes { writer.opaque(welcome) } }
            writer.fixed(facts)
            next.encode(to: &writer, tree: tree)
        }
    }

    /// - Throws: `damagedState`, `malformed`.
    public init(serialized: SecretBytes) throws(MLSError) {
        self = try serialized.decodingChecksummed { (reader) throws(MLSError) in
            let version = try decoding { () throws(WireError) in try reader.uint8("version") }
            guard version == Self.version else {
                throw MLSError(.damagedState, "a stored commit has format \(version)")
            }
            let (message, welcomes, facts) = try decoding { () throws(WireError) in
                (
                    try reader.opaque("message"),
                    try reader.vector("welcomes") { (reader) throws(WireError) in try reader.opaque("welcome") },
                    try CommitFacts(from: &reader)
                )
            }
            return PendingCommit(
                message: message, welcomes: welcomes, next: try Group(from: &reader), facts: facts)
        }
    }

    /// First byte of a stored one; the state in it has its own.
    private static let version: UInt8 = 2
}
