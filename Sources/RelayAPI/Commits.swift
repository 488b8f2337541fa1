import Sodium
public import Terms
public import WireFormat

/// The clear, signed header of every commit, in its `authenticated_data` [R3]. The relay judges it by what the commit's
/// parent left; clients hold a commit that does something else to be invalid.
///
///     struct {
///         uint64 base_seq; uint64 parent; opaque chain[32]; uint64 at_ms; DeviceID adds<V>; DeviceID removes<V>;
///         optional<DeviceID leads<V>>; uint8 takes; Statement statements<V>; uint64 calllist_version;
///         opaque calllist_digest[32];
///     } CommitHeader;
///     opaque Statement<V>;
public struct CommitHeader: Hashable, Sendable {
    public let baseSeq: UInt64
    /// The number of the commit in whose epoch it is written; 0 for the one that makes the room.
    public let parent: UInt64
    /// The author's epoch chain after `baseSeq` (DESIGN "The log's chain").
    public let chain: [UInt8]
    /// When its author made it, by the author's clock.
    public let at: Timestamp
    public let adds: [DeviceID]
    public let removes: [DeviceID]
    /// The devices that lead the room from this commit on; nil where those that led and stay do.
    public let leads: [DeviceID]?
    /// Whether its author takes the lead by it, because no lead is left [R6].
    public let takes: Bool
    /// What it rests on, where its author takes or took the lead: see ``LeadStatement``, signed.
    public let statements: [[UInt8]]
    /// The call list that the room is pinned to from this commit on.
    public let callListVersion: UInt64
    public let callListDigest: [UInt8]

    public init(
        baseSeq: UInt64, parent: UInt64, chain: [UInt8], at: Timestamp, adds: [DeviceID], removes: [DeviceID],
        leads: [DeviceID]?, takes: Bool = false, statements: [[UInt8]] = [], callListVersion: UInt64,
        callListDigest: [UInt8]
    ) {
        self.baseSeq = baseSeq
        self.parent = parent
        self.chain = chain
        self.at = at
        self.adds = adds
        self.removes = removes
        self.leads = leads
        self.takes = takes
        self.statements = statements
        self.callListVersion = callListVersion
        self.callListDigest = callListDigest
    }

    /// Most statements in one: two that no lead is left, and as many that somebody is to leave.
    public static let mostStatements = 4

    /// Milliseconds by which an author's time may lie before the entry's and still count: clocks differ by minutes, and
    /// more would let somebody whose term has ended act as of before.
    public static let datingTolerance: UInt64 = 5 * 60_000

    /// The time that expiry is judged at: the earlier of the entry's and the author's, so that one wrong minute of the
    /// relay's clock makes no honest commit invalid [R1].
    public func judged(at entry: Timestamp) -> Timestamp {
        guard at < entry, entry.milliseconds - at.milliseconds <= Self.datingTolerance else { return entry }
        return at
    }
}

extension CommitHeader: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            baseSeq: try reader.uint64("base_seq"), parent: try reader.uint64("parent"),
            chain: try reader.fixed(LogChain.length, "chain"), at: Timestamp(milliseconds: try reader.uint64("at")),
            adds: try reader.identifiers("adds"), removes: try reader.identifiers("removes"),
            leads: try reader.isPresent("leads") ? try reader.identifiers("leads") : nil,
            takes: try reader.isPresent("takes"),
            statements: try reader.vector("statements") { (reader) throws(WireError) in
                try reader.opaque("statement")
            },
            callListVersion: try reader.uint64("calllist_version"),
            callListDigest: try reader.fixed(SHA256.digestLength, "calllist_digest"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(baseSeq)
        writer.uint64(parent)
        writer.fixed(chain)
        writer.uint64(at.milliseconds)
        writer.identifiers(adds)
        writer.identifiers(removes)
        writer.uint8(leads == nil ? 0 : 1)
        if let leads { writer.identifiers(leads) }
        writer.uint8(takes ? 1 : 0)
        writer.vector { writer in for statement in statements { writer.opaque(statement) } }
        writer.uint64(callListVersion)
        writer.fixed(callListDigest)
    }
}

/// The payload of a `commit` entry. The header stands in front so that the relay, which cannot look into the MLS message,
/// can act on it; it is also the message's `authenticated_data`, and readers refuse a commit where the two differ [R3].
///
///     struct { opaque header<V>; opaque commit<V>; } CommitPayload;
public struct CommitPayload: Hashable, Sendable {
    public let header: CommitHeader
    /// An MLSMessage.
    public let commit: [UInt8]

    public init(header: CommitHeader, commit: [UInt8]) {
        self.header = header
        self.commit = commit
    }
}

extension CommitPayload: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        let header = try reader.opaque("header")
        self.init(header: try CommitHeader(decoding: header), commit: try reader.opaque("commit"))
    }

    public func encode(to writer: inout Writer) {
        writer.opaque(header.encoded)
        writer.opaque(commit)
    }
}
