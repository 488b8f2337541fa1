import Sodium
public import Terms
public import WireFormat

/// The clear, signed header of every commit, in its `authenticated_data` [R3]. The relay acts on `adds` and `removes`;
/// clients hold a commit that does something else to be invalid.
///
///     struct {
///         uint64 base_seq; opaque chain[32]; DeviceID adds<V>; DeviceID removes<V>;
///         uint64 calllist_version; opaque calllist_digest[32];
///     } CommitHeader;
public struct CommitHeader: Hashable, Sendable {
    public let baseSeq: UInt64
    /// The author's epoch chain after `baseSeq` (DESIGN "The log's chain").
    public let chain: [UInt8]
    public let adds: [DeviceID]
    public let removes: [DeviceID]
    /// The call list that the room is pinned to from this commit on.
    public let callListVersion: UInt64
    public let callListDigest: [UInt8]

    public init(
        baseSeq: UInt64, chain: [UInt8], adds: [DeviceID], removes: [DeviceID], callListVersion: UInt64,
        callListDigest: [UInt8]
    ) {
        self.baseSeq = baseSeq
        self.chain = chain
        self.adds = adds
        self.removes = removes
        self.callListVersion = callListVersion
        self.callListDigest = callListDigest
    }
}

extension CommitHeader: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            baseSeq: try reader.uint64("base_seq"), chain: try reader.fixed(LogChain.length, "chain"),
            adds: try reader.identifiers("adds"), removes: try reader.identifiers("removes"),
            callListVersion: try reader.uint64("calllist_version"),
            callListDigest: try reader.fixed(SHA256.digestLength, "calllist_digest"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(baseSeq)
        writer.fixed(chain)
        writer.identifiers(adds)
        writer.identifiers(removes)
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
