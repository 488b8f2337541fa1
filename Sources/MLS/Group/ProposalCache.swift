import Sodium
public import WireFormat

/// A proposal that waits for a commit.
public struct PendingProposal: Sendable, Hashable {
    public let reference: ProposalRef
    public let sender: Sender
    public let proposal: Proposal
}

/// The proposals of an epoch, and what is needed if one's own are committed.
struct ProposalCache: Sendable {
    private var entries: [ProposalRef: (place: Int, proposal: PendingProposal)] = [:]
    private var nextPlace = 0
    /// The private keys of one's own Updates.
    private(set) var updateKeys: [ProposalRef: SecretBytes] = [:]

    subscript(reference: ProposalRef) -> PendingProposal? { entries[reference]?.proposal }

    var isEmpty: Bool { entries.isEmpty }

    var inOrder: [PendingProposal] { entries.values.sorted { $0.place < $1.place }.map(\.proposal) }

    /// - Throws: `limitExceeded`.
    mutating func keep(_ proposal: PendingProposal, updateKey: SecretBytes? = nil) throws(MLSError) {
        guard entries.count < Limits.pendingProposals || entries[proposal.reference] != nil else {
            throw MLSError(.limitExceeded, "more than \(Limits.pendingProposals) proposals wait for a commit")
        }
        entries[proposal.reference] = (nextPlace, proposal)
        nextPlace += 1
        updateKeys[proposal.reference] = updateKey
    }
}

// MARK: Stored form

extension PendingProposal: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        reference = ProposalRef(bytes: try reader.opaque("reference"))
        sender = try Sender(from: &reader)
        proposal = try Proposal(from: &reader)
    }

    public func encode(to writer: inout Writer) {
        writer.opaque(reference.bytes)
        sender.encode(to: &writer)
        proposal.encode(to: &writer)
    }
}

extension ProposalCache {
    var storedCapacity: Int {
        let keys = updateKeys.values.reduce(4) { $0 + $1.storedCapacity }
        return entries.values.reduce(keys) { $0 + $1.proposal.encoded.count + 1 }
    }

    func encode(to writer: inout Writer) {
        writer.uint32(UInt32(entries.count))
        for proposal in inOrder {
            proposal.encode(to: &writer)
            let key = updateKeys[proposal.reference]
            writer.uint8(key == nil ? 0 : 1)
            if let key { writer.secret(key) }
        }
    }

    init(from reader: inout Reader) throws(MLSError) {
        let count = try decoding { () throws(WireError) in try reader.uint32() }
        for _ in 0..<count {
            let (proposal, hasKey) = try decoding { () throws(WireError) in
                (try PendingProposal(from: &reader), try reader.isPresent("update key"))
            }
            try keep(proposal, updateKey: hasKey ? try reader.secret() : nil)
        }
    }
}
