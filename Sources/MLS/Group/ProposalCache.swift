import Sodium
public import WireFormat

/// A proposal that waits for a commit.
public struct PendingProposal: Sendable, Hashable {
    /// What ``CommitPlan/references`` names it by.
    public let reference: ProposalRef
    /// Who proposed it, by a verified signature.
    public let sender: Sender
    /// Its rules (§12.1, §12.2) hold where ``isValid`` says so; in a commit they are checked with the others.
    public let proposal: Proposal
    /// Whether a commit of it alone would be valid. One that is not may be so together with others.
    public let isValid: Bool

    var isFromOutside: Bool {
        if case .member = sender { false } else { true }
    }
}

extension Group {
    /// Tells whether a proposal is valid alone, committed by somebody whom it does not concern.
    func pending(_ proposal: Proposal, sender: Sender, reference: ProposalRef) -> PendingProposal {
        let committer = tree.members.lazy.map(\.index).first { index in
            switch proposal {
            case .remove(index): false
            case .update: sender != .member(index)
            default: true
            }
        }
        var isValid = false
        if let committer {
            let committed = CommitFacts.Committed(proposal: proposal, sender: sender, reference: reference)
            let list = try? ProposalList([committed], committer: .member(committer), suite: suite)
            isValid = list.flatMap { try? EpochChange(self, applying: $0, committer: .member(committer)) } != nil
        }
        return PendingProposal(reference: reference, sender: sender, proposal: proposal, isValid: isValid)
    }
}

/// The proposals of an epoch, and what is needed if one's own are committed.
struct ProposalCache: Sendable {
    private var entries: [ProposalRef: (place: Int, proposal: PendingProposal)] = [:]
    private var nextPlace = 0
    /// Of all proposals' encodings together.
    private var byteCount = 0
    /// The private keys of one's own Updates.
    private(set) var updateKeys: [ProposalRef: SecretBytes] = [:]

    subscript(reference: ProposalRef) -> PendingProposal? { entries[reference]?.proposal }

    /// Whether some have to be committed before application data is sent (§12.4).
    var haveToBeCommitted: Bool { entries.values.contains { $0.proposal.isValid } }

    var inOrder: [PendingProposal] { entries.values.sorted { $0.place < $1.place }.map(\.proposal) }

    /// - Returns: the bytes that it takes.
    /// - Throws: `limitExceeded` where no more, or none of this size, is kept.
    @discardableResult
    func checkRoom(for proposal: Proposal) throws(MLSError) -> Int {
        let size = proposal.encoded.count
        guard entries.count < Limits.pendingProposals, byteCount + size <= Limits.pendingProposalBytes else {
            throw MLSError(.limitExceeded, "too many or too large proposals wait for a commit")
        }
        return size
    }

    /// - Throws: `limitExceeded`.
    mutating func keep(_ proposal: PendingProposal, updateKey: SecretBytes? = nil) throws(MLSError) {
        guard entries[proposal.reference] == nil else { return }
        byteCount += try checkRoom(for: proposal.proposal)
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
        isValid = try reader.isPresent("valid")
    }

    public func encode(to writer: inout Writer) {
        writer.opaque(reference.bytes)
        sender.encode(to: &writer)
        proposal.encode(to: &writer)
        writer.uint8(isValid ? 1 : 0)
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
