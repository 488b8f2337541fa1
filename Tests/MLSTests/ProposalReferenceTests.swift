import Sodium
import Testing
import WireFormat

@testable import MLS

/// Proposals that are sent ahead and committed by reference (§12.4).
@Suite struct ProposalReferenceTests {
    private let suite = CipherSuite.x25519ChaCha20SHA256Ed25519

    /// An Update of Cyd's, signed as `edit` leaves it.
    private func update(
        of member: Member, key: [UInt8]? = nil, source: LeafNodeSource = .update, index: LeafIndex? = nil
    ) throws -> Proposal {
        let old = try #require(member.group.member(at: member.group.ownIndex))
        return .update(
            LeafNode(
                encryptionKey: key ?? suite.generateKeyPair().publicKey, signer: member.party.signer,
                credential: old.credential, capabilities: old.capabilities, source: source, extensions: [],
                suite: suite, groupID: member.group.id, index: index ?? member.group.ownIndex))
    }

    /// Cyd proposes, Ada commits by reference; what Ben makes of the commit.
    private func outcome(
        of proposal: Proposal, in assembly: inout Assembly, twice: Bool = false
    ) throws -> Result<CommitFacts, MLSError> {
        let sent = try Insider(assembly["cyd"]).send(.proposal(proposal)) { $0.format = .publicMessage }
        guard case .proposal(let sender, let received) = try assembly["ben"].group.process(sent, judge: AnyoneMay())
        else { throw UnexpectedResult() }
        #expect(sender == .member(assembly.index(of: "cyd")))
        #expect(received == proposal)
        let reference = try #require(assembly["ben"].group.pendingProposals.first).reference
        let ada = Insider(assembly["ada"])
        let references = [ProposalOrRef](repeating: .reference(reference), count: twice ? 2 : 1)
        let commit = try ada.send(.commit(Commit(proposals: references, path: ada.path())))
        let before = stored(assembly["ben"].group)
        let judge = Recorder()
        do throws(any Error) {
            _ = try assembly["ben"].group.process(commit, judge: judge)
        } catch let error as MLSError {
            #expect(stored(assembly["ben"].group) == before)
            return .failure(error)
        } catch let facts as Recorder.Seen { return .success(facts.facts) }
        throw UnexpectedResult()
    }

    /// Hands out the facts, as an error, since these commits end there.
    private struct Recorder: Judge {
        struct Seen: Error { let facts: CommitFacts }
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {}
        func judge(commit: CommitFacts) throws { throw Seen(facts: commit) }
    }

    @Test func theJudgeSeesReferredProposals() throws {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot"])
        let proposal = try update(of: assembly["cyd"])
        let facts = try outcome(of: proposal, in: &assembly).get()
        #expect(facts.updated.map(\.index) == [assembly.index(of: "cyd")])
        #expect(facts.updated.map { Proposal.update($0.leaf) } == [proposal])
        var second = try Assembly(["ada", "ben", "cyd", "dot"])
        let removal = try outcome(of: .remove(second.index(of: "dot")), in: &second).get()
        #expect(removal.removed.map(\.leaf.identity) == [Array("dot".utf8)])
    }

    private func rule(_ make: (Assembly) throws -> Proposal, twice: Bool = false) throws -> Rule? {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot"])
        guard case .failure(let error) = try outcome(of: make(assembly), in: &assembly, twice: twice) else {
            return nil
        }
        return error.rule
    }

    @Test func refusesBadUpdates() throws {
        #expect(try rule { try update(of: $0["cyd"]) } == nil)
        #expect(
            try rule {
                let own = try #require($0["cyd"].group.member(at: $0.index(of: "cyd")))
                return try update(of: $0["cyd"], key: own.encryptionKey)
            } == .v41)
        #expect(
            try rule {
                let other = try #require($0["cyd"].group.member(at: $0.index(of: "dot")))
                return try update(of: $0["cyd"], key: other.encryptionKey)
            } == .v43)
        #expect(
            try rule { try update(of: $0["cyd"], source: .keyPackage(Party.lifetime)) } == .v39)
        #expect(
            try rule { try update(of: $0["cyd"], source: .commit(parentHash: [])) } == .v39)
        #expect(try rule { try update(of: $0["cyd"], index: $0.index(of: "dot")) } == .v30)
        // Another's leaf as one's own.
        #expect(try rule { try update(of: $0["dot"]) } == .v30)
        #expect(try rule({ try update(of: $0["cyd"]) }, twice: true) == .v82)
        #expect(try rule { .remove($0.index(of: "ada")) } == .v81)
    }

    @Test func proposalsEndWithTheirEpoch() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let sent = try Insider(assembly["cyd"]).send(.proposal(.groupContextExtensions([]))) {
            $0.format = .publicMessage
        }
        _ = try assembly["ben"].group.process(sent, judge: AnyoneMay())
        #expect(assembly["ben"].group.pendingProposals.count == 1)
        try assembly.commit(by: "ada")
        #expect(assembly["ben"].group.pendingProposals.isEmpty)
    }

    /// What nobody can commit holds nobody up (§12.4: "valid proposals"), and can be told apart.
    @Test func invalidProposalsHoldNothingUp() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let ben = assembly["ben"].party.signer
        let nobody = try Insider(assembly["cyd"]).send(.proposal(.remove(LeafIndex(3))))
        _ = try assembly["ben"].group.process(nobody, judge: AnyoneMay())
        let stale = try Insider(assembly["ada"]).send(
            .proposal(update(of: assembly["ada"], key: assembly["ada"].group.member(at: LeafIndex(0))?.encryptionKey)))
        _ = try assembly["ben"].group.process(stale, judge: AnyoneMay())
        #expect(assembly["ben"].group.pendingProposals.map(\.isValid) == [false, false])
        let restored = try Group(serialized: assembly["ben"].group.serialized())
        #expect(restored.pendingProposals == assembly["ben"].group.pendingProposals)
        #expect(throws: Never.self) { try assembly["ben"].group.protect([1], signer: ben) }
        let removal = try Insider(assembly["ada"]).send(.proposal(.remove(assembly.index(of: "cyd")))) {
            $0.format = .publicMessage
        }
        _ = try assembly["ben"].group.process(removal, judge: AnyoneMay())
        #expect(assembly["ben"].group.pendingProposals.map(\.isValid) == [false, false, true])
        #expect(refusal { _ = try assembly["ben"].group.protect([1], signer: ben) } == .proposalsPending)
        var plan = CommitPlan()
        plan.references = assembly["ben"].group.pendingProposals.filter(\.isValid).map(\.reference)
        #expect(throws: Never.self) { try assembly["ben"].group.commit(plan, signer: ben, judge: AnyoneMay()) }
    }

    /// A proposal that comes again is known by its reference, and costs nothing: nor is it judged again.
    @Test func aProposalThatComesAgainIsTheSame() throws {
        var assembly = try Assembly(["ada", "ben"])
        let eve = try Party("eve")
        let message = try ExternalProposal.join(
            eve.bundle().keyPackage, groupID: assembly["ada"].group.id, epoch: assembly["ada"].group.epoch,
            signer: eve.signer)
        _ = try assembly["ben"].group.process(message, judge: AnyoneMay())
        let before = stored(assembly["ben"].group)
        _ = try assembly["ben"].group.process(message, judge: SilentJudge())
        #expect(stored(assembly["ben"].group) == before)
    }

    @Test func waitingProposalsAreBoundedInBytes() throws {
        var assembly = try Assembly(["ada", "ben"])
        let half = Limits.pendingProposalBytes / 2
        func proposal(_ byte: UInt8) throws -> [UInt8] {
            let large = Extension(Party.policy, data: [UInt8](repeating: byte, count: half))
            return try Insider(assembly["ada"]).send(.proposal(.groupContextExtensions([large]))) {
                $0.format = .publicMessage
            }
        }
        let first = try proposal(1)
        // Again is not more.
        for _ in 0..<3 { _ = try assembly["ben"].group.process(first, judge: AnyoneMay()) }
        let second = try proposal(2)
        #expect(refusal { _ = try assembly["ben"].group.process(second, judge: AnyoneMay()) } == .limitExceeded)
        #expect(assembly["ben"].group.pendingProposals.count == 1)
    }

    @Test func waitingProposalsAreBounded() throws {
        var assembly = try Assembly(["ada", "ben"])
        let ada = Insider(assembly["ada"])
        for number in 0..<Limits.pendingProposals {
            let reference = ProposalRef(bytes: [UInt8(number >> 8), UInt8(number & 255)])
            try assembly["ben"].group.proposals.keep(
                PendingProposal(
                    reference: reference, sender: .member(LeafIndex(0)), proposal: .remove(LeafIndex(1)), isValid: true)
            )
        }
        let sent = try ada.send(.proposal(.groupContextExtensions([])))
        #expect(refusal { _ = try assembly["ben"].group.process(sent, judge: AnyoneMay()) } == .limitExceeded)
    }
}
