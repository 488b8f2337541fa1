public import WireFormat

/// What a commit does.
public struct CommitFacts: Sendable, Hashable {
    /// A member and its leaf.
    public struct Member: Sendable, Hashable {
        public let index: LeafIndex
        public let leaf: LeafNode
    }

    /// A proposal in a commit.
    public struct Committed: Sendable, Hashable {
        public let proposal: Proposal
        /// Who proposed it: the committer itself where it was not sent before.
        public let sender: Sender
        /// Nil where the commit holds the whole proposal.
        public let reference: ProposalRef?
    }

    /// The committer as it was before; one who joins by an external commit, as it will be.
    public let committer: Member
    /// Whether this member made it.
    public let isOwn: Bool
    /// Whether the committer adds itself (§12.4.3.2). It then is not among `added`; a Remove is of its older self.
    public let isExternal: Bool
    /// The epoch that it ends.
    public let context: GroupContext
    /// Whether it renews the committer's keys (§12.4).
    public let hasPath: Bool
    /// What came with it: signed, and readable by whoever carried it.
    public let authenticatedData: [UInt8]
    /// All that is committed, in the commit's order.
    public let proposals: [Committed]
    /// As they will be, in the order of the Adds.
    public let added: [Member]
    /// As they were.
    public let removed: [Member]
    /// Leaves replaced by Update proposals, as they will be.
    public let updated: [Member]
    /// The same leaves as they were.
    public let updatedBefore: [Member]
    /// The committer's new leaf, where there is a path.
    public let committerUpdate: LeafNode?
    /// Those that are mixed in (§8.4), in the commit's order.
    public let preSharedKeys: [PreSharedKeyID]
    /// The GroupContext's extensions as they will be.
    public let extensionsAfter: [Extension]
    /// What the group is to be continued as, where the commit closes it.
    public let reInit: ReInit?
}

// MARK: Stored form

extension CommitFacts.Member: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        index = try LeafIndex(from: &reader)
        leaf = try LeafNode(from: &reader)
    }

    public func encode(to writer: inout Writer) {
        index.encode(to: &writer)
        leaf.encode(to: &writer)
    }
}

extension CommitFacts.Committed: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        proposal = try Proposal(from: &reader)
        sender = try Sender(from: &reader)
        reference = try reader.isPresent() ? ProposalRef(bytes: try reader.opaque()) : nil
    }

    public func encode(to writer: inout Writer) {
        proposal.encode(to: &writer)
        sender.encode(to: &writer)
        writer.uint8(reference == nil ? 0 : 1)
        if let reference { writer.opaque(reference.bytes) }
    }
}

extension CommitFacts: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        committer = try Member(from: &reader)
        isOwn = try reader.isPresent("isOwn")
        isExternal = try reader.isPresent("isExternal")
        context = try GroupContext(from: &reader)
        hasPath = try reader.isPresent("hasPath")
        authenticatedData = try reader.opaque("authenticated_data")
        proposals = try reader.vector("proposals")
        added = try reader.vector("added")
        removed = try reader.vector("removed")
        updated = try reader.vector("updated")
        updatedBefore = try reader.vector("updatedBefore")
        committerUpdate = try reader.optional()
        preSharedKeys = try reader.vector("psks")
        extensionsAfter = try reader.vector("extensions")
        reInit = try reader.optional()
    }

    public func encode(to writer: inout Writer) {
        committer.encode(to: &writer)
        writer.uint8(isOwn ? 1 : 0)
        writer.uint8(isExternal ? 1 : 0)
        context.encode(to: &writer)
        writer.uint8(hasPath ? 1 : 0)
        writer.opaque(authenticatedData)
        writer.vector(proposals)
        writer.vector(added)
        writer.vector(removed)
        writer.vector(updated)
        writer.vector(updatedBefore)
        writer.optional(committerUpdate)
        writer.vector(preSharedKeys)
        writer.vector(extensionsAfter)
        writer.optional(reInit)
    }
}
