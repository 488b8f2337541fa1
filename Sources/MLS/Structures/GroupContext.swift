public import WireFormat

/// What all members of an epoch agree on (§8.1).
///
///     struct {
///         ProtocolVersion version = mls10; CipherSuite cipher_suite; opaque group_id<V>; uint64 epoch;
///         opaque tree_hash<V>; opaque confirmed_transcript_hash<V>; Extension extensions<V>;
///     } GroupContext;
public struct GroupContext: Hashable, Sendable, WireCodable {
    /// The same in all epochs.
    public let cipherSuite: CipherSuite
    /// The same in all epochs; chosen by who made the group.
    public let groupID: [UInt8]
    /// 0 in a new group, and one more with each commit.
    public internal(set) var epoch: Epoch
    /// Of the ratchet tree (§7.8): of all members and their keys.
    public internal(set) var treeHash: [UInt8]
    /// Of all commits up to this epoch (§8.2); empty in a new group.
    public internal(set) var confirmedTranscriptHash: [UInt8]
    /// Of the group itself: what all members agree on beside the tree.
    public internal(set) var extensions: [Extension]

    init(
        cipherSuite: CipherSuite, groupID: [UInt8], epoch: Epoch, treeHash: [UInt8],
        confirmedTranscriptHash: [UInt8], extensions: [Extension]
    ) {
        self.cipherSuite = cipherSuite
        self.groupID = groupID
        self.epoch = epoch
        self.treeHash = treeHash
        self.confirmedTranscriptHash = confirmedTranscriptHash
        self.extensions = extensions
    }

    /// - Throws: `unknownValue` for a suite that this library does not have.
    public init(from reader: inout Reader) throws(WireError) {
        let any = try UnverifiedGroupContext(from: &reader)
        guard let suite = CipherSuite(rawValue: any.cipherSuite) else {
            throw WireError(.unknownValue, "cipher_suite")
        }
        self.init(any, suite: suite)
    }

    init(_ any: UnverifiedGroupContext, suite: CipherSuite) {
        self.init(
            cipherSuite: suite, groupID: any.groupID, epoch: any.epoch, treeHash: any.treeHash,
            confirmedTranscriptHash: any.confirmedTranscriptHash, extensions: any.extensions)
    }

    public func encode(to writer: inout Writer) { UnverifiedGroupContext(self).encode(to: &writer) }
}

/// As above, of any cipher suite.
struct UnverifiedGroupContext: Hashable, Sendable, WireCodable {
    let cipherSuite: UInt16
    let groupID: [UInt8]
    let epoch: Epoch
    let treeHash: [UInt8]
    let confirmedTranscriptHash: [UInt8]
    let extensions: [Extension]

    init(from reader: inout Reader) throws(WireError) {
        try ProtocolVersion.read(from: &reader)
        cipherSuite = try reader.uint16("cipher_suite")
        groupID = try reader.opaque("group_id")
        epoch = try Epoch(from: &reader)
        treeHash = try reader.opaque("tree_hash")
        confirmedTranscriptHash = try reader.opaque("confirmed_transcript_hash")
        extensions = try reader.vector("extensions")
    }

    init(_ context: GroupContext) {
        cipherSuite = context.cipherSuite.rawValue
        groupID = context.groupID
        epoch = context.epoch
        treeHash = context.treeHash
        confirmedTranscriptHash = context.confirmedTranscriptHash
        extensions = context.extensions
    }

    func encode(to writer: inout Writer) {
        writer.uint16(ProtocolVersion.mls10)
        writer.uint16(cipherSuite)
        writer.opaque(groupID)
        epoch.encode(to: &writer)
        writer.opaque(treeHash)
        writer.opaque(confirmedTranscriptHash)
        writer.vector(extensions)
    }
}
