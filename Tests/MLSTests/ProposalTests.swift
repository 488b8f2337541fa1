import Sodium
import Testing
import WireFormat

@testable import MLS

/// Proposals of every kind, by value and by reference, in both framings (§12.1, §12.4).
@Suite struct ProposalTests {
    private static let formats: [HandshakeFormat] = [.privateMessage, .publicMessage]

    @Test(arguments: formats)
    func everyKindIsCommittedByReference(_ format: HandshakeFormat) throws {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot", "eve"])
        let fay = try Party("fay")
        let bundle = try fay.bundle()
        var change = LeafChange()
        change.extensions = [Extension(Party.policy, data: [7])]
        try assembly.propose(by: "cyd", .update(change), format)
        try assembly.propose(by: "ben", .remove(assembly.index(of: "dot")), format)
        try assembly.propose(by: "eve", .add(bundle.keyPackage), format)
        try assembly.propose(by: "ada", .preSharedKey(.external(id: [1])), format)
        try assembly.propose(by: "ben", .extensions([Extension(Party.policy, data: [3])]), format)
        let waiting = assembly.waiting("ada")
        let pending = try assembly.commit(by: "ada", joining: [(fay, bundle)]) {
            $0.references = waiting
            $0.format = format
        }
        #expect(pending.facts.proposals.count == 5)
        #expect(pending.facts.proposals.allSatisfy { $0.reference != nil })
        #expect(pending.facts.updated.map(\.leaf.extensions) == [[Extension(Party.policy, data: [7])]])
        #expect(pending.facts.updatedBefore.map(\.leaf.identity) == [Array("cyd".utf8)])
        #expect(pending.facts.preSharedKeys.map(\.kind) == [.external(id: [1])])
        try assembly.expectAgreement()
        #expect(assembly.names == ["ada", "ben", "cyd", "eve", "fay"])
        #expect(assembly["fay"].group.context.extensions == [Extension(Party.policy, data: [3])])
        // Who updated has the new key: Ada's next path reaches Cyd through the blank nodes above.
        try assembly.commit(by: "ada")
        try assembly.commit(by: "cyd")
        try assembly.expectAgreement()
        try assembly.exchange(from: "cyd", "updated")
    }

    @Test func referencesAndValuesGoTogether() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let (dot, eve) = (try Party("dot"), try Party("eve"))
        let bundles = (try dot.bundle(), try eve.bundle())
        try assembly.propose(by: "ben", .add(bundles.1.keyPackage), .privateMessage)
        let waiting = assembly.waiting("cyd")
        let pending = try assembly.commit(by: "cyd", joining: [(dot, bundles.0), (eve, bundles.1)]) {
            $0.adds = [bundles.0.keyPackage]
            $0.references = waiting
            $0.welcomeSplit = [[1], [0]]
        }
        #expect(pending.welcomes.count == 2)
        try assembly.expectAgreement()
    }

    @Test func anUpdateCanBringAnotherSignatureKey() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let key = try Ed25519.PrivateKey(seed: SecretBytes(SHA256.hash([1])))
        var change = LeafChange()
        change.signer = key
        try assembly.propose(by: "ben", .update(change), .publicMessage)
        let waiting = assembly.waiting("ada")
        try assembly.commit(by: "ada") { $0.references = waiting }
        assembly["ben"].party.signer = key
        try assembly.exchange(from: "ben", "under the new key")
        // And so can a commit.
        let next = try Ed25519.PrivateKey(seed: SecretBytes(SHA256.hash([2])))
        var renewal = LeafChange()
        renewal.signer = next
        try assembly.commit(by: "ben", adding: [Party("dot")]) { $0.leaf = renewal }
        #expect(refusal { _ = try assembly["ben"].group.protect([], signer: key) } == .misuse)
        assembly["ben"].party.signer = next
        try assembly.exchange(from: "ben", "and again")
        try assembly.expectAgreement()
    }

    @Test func anOwnUpdateIsForOthersToCommit() throws {
        var assembly = try Assembly(["ada", "ben"])
        try assembly.propose(by: "ada", .update(LeafChange()), .privateMessage)
        var plan = CommitPlan()
        plan.references = assembly["ada"].group.pendingProposals.map(\.reference)
        let ada = assembly["ada"]
        #expect(broken { _ = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay()) } == .v80)
    }

    @Test func anUpdateSurvivesStorage() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        try assembly.propose(by: "ben", .update(LeafChange()), .privateMessage)
        assembly["ben"].group = try Group(serialized: assembly["ben"].group.serialized())
        assembly["ada"].group = try Group(serialized: assembly["ada"].group.serialized())
        #expect(assembly["ada"].group.pendingProposals == assembly["ben"].group.pendingProposals)
        let waiting = assembly.waiting("ada")
        try assembly.commit(by: "ada") { $0.references = waiting }
        try assembly.commit(by: "ada")
        try assembly.expectAgreement()
    }

    @Test func theirOrderIsKept() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        for number in UInt8(0)..<20 {
            try assembly.propose(by: "ben", .preSharedKey(.external(id: [number])), .publicMessage)
        }
        let ids = assembly["cyd"].group.pendingProposals.map { pending -> [UInt8]? in
            guard case .preSharedKey(let id) = pending.proposal, case .external(let name) = id.kind else { return nil }
            return name
        }
        #expect(ids == (UInt8(0)..<20).map { [$0] })
    }

    // MARK: Pre-shared keys (§8.4)

    @Test func preSharedKeysMustBeAtHand() throws {
        var assembly = try Assembly(["ada", "ben"])
        var plan = CommitPlan()
        plan.preSharedKeys = [.external(id: [9])]
        let ada = assembly["ada"]
        #expect(broken { _ = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay()) } == .v109)
        let pending = try ada.group.commit(
            plan, signer: ada.party.signer, preSharedKeys: Assembly.psks, judge: AnyoneMay())
        #expect(broken { _ = try assembly["ben"].group.process(pending.message, judge: AnyoneMay()) } == .v109)
        let wrong: PSKLookup = { _ in SecretBytes([7]) }
        #expect(
            broken {
                _ = try assembly["ben"].group.process(pending.message, preSharedKeys: wrong, judge: AnyoneMay())
            } == .v20)
        try assembly.deliver(pending, from: "ada")
        try assembly.expectAgreement()
    }

    @Test func whoWasThereProvesIt() throws {
        var assembly = try Assembly(["ada", "ben"])
        let (epoch, id) = (assembly["ada"].group.epoch, assembly["ada"].group.id)
        let kept = try assembly["ada"].group.resumptionPSK()
        try assembly.commit(by: "ben")
        let kind = PreSharedKeyID.Kind.resumption(usage: .application, groupID: id, epoch: epoch)
        try assembly.commit(by: "ada", keys: .init { $0.kind == kind ? kept : nil }) { $0.preSharedKeys = [kind] }
        try assembly.expectAgreement()
        // This epoch's own is known to whoever is in it.
        let current = PreSharedKeyID.Kind.resumption(
            usage: .application, groupID: id, epoch: assembly["ada"].group.epoch)
        try assembly.commit(by: "ben", keys: .init { _ in nil }) { $0.preSharedKeys = [current] }
        try assembly.expectAgreement()
    }

    @Test func joinersNeedThePreSharedKeysToo() throws {
        var assembly = try Assembly(["ada", "ben"])
        let cyd = try Party("cyd")
        let bundle = try cyd.bundle()
        let pending = try assembly.commit(by: "ada", joining: [(cyd, bundle)]) {
            $0.adds = [bundle.keyPackage]
            $0.preSharedKeys = [.external(id: [4]), .external(id: [5])]
        }
        try assembly.expectAgreement()
        #expect(broken { _ = try cyd.join(try #require(pending.welcomes.first), with: bundle) } == .v109)
    }

    // MARK: Pending commits

    @Test func aPendingCommitSurvivesStorage() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        try assembly.propose(by: "ben", .remove(assembly.index(of: "cyd")), .privateMessage)
        let dot = try Party("dot")
        let bundle = try dot.bundle()
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        plan.references = assembly["ada"].group.pendingProposals.map(\.reference)
        plan.preSharedKeys = [.external(id: [4])]
        plan.authenticatedData = [1, 2]
        let made = try assembly["ada"].group.commit(
            plan, signer: assembly["ada"].party.signer, preSharedKeys: Assembly.psks, judge: AnyoneMay())
        let read = try PendingCommit(serialized: made.serialized())
        #expect(read.message == made.message && read.welcomes == made.welcomes && read.facts == made.facts)
        #expect(stored(read.next) == stored(made.next))
        try assembly.deliver(read, from: "ada")
        try assembly.expectAgreement()
        let bytes = made.serialized().exposedCopy()
        for length in stride(from: 0, to: bytes.count, by: 13) {
            #expect(refusal { _ = try PendingCommit(serialized: SecretBytes(bytes[..<length])) } == .damagedState)
        }
    }
}
