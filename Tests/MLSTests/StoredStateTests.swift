import Sodium
import Testing
import WireFormat

@testable import MLS

@Suite struct StoredStateTests {
    /// A state with all that a state can hold: skipped keys, waiting proposals, unmerged leaves.
    private func richAssembly() throws -> Assembly {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot"])
        try assembly.commit(by: "ada", adding: [Party("eve")]) { $0.forcesPath = false }
        let signer = assembly["ada"].party.signer
        _ = try assembly["ada"].group.protect([0], signer: signer)
        let second = try assembly["ada"].group.protect([1], signer: signer)
        _ = try assembly["ben"].group.process(second, judge: AnyoneMay())
        let proposal = try Insider(assembly["cyd"]).send(.proposal(.remove(assembly.index(of: "dot")))) {
            $0.format = .publicMessage
        }
        _ = try assembly["ben"].group.process(proposal, judge: AnyoneMay())
        return assembly
    }

    @Test func comesBackAsItWas() throws {
        var assembly = try richAssembly()
        for name in assembly.names {
            let group = assembly[name].group
            let restored = try Group(serialized: group.serialized())
            #expect(stored(restored) == stored(group))
            #expect(restored.context == group.context)
            #expect(restored.ownIndex == group.ownIndex)
            assembly[name].group = restored
        }
        try assembly.expectAgreement()
        try assembly.commit(by: "eve")
        try assembly.expectAgreement()
        try assembly.exchange(from: "ben", "restored")
    }

    @Test func aRestoredStateStillRefusesReplays() throws {
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        let messages = try (0..<3).map { try assembly["ada"].group.protect([UInt8($0)], signer: signer) }
        _ = try assembly["ben"].group.process(messages[2], judge: AnyoneMay())
        assembly["ben"].group = try Group(serialized: assembly["ben"].group.serialized())
        #expect(
            refusal { _ = try assembly["ben"].group.process(messages[2], judge: AnyoneMay()) } == .keyAlreadyUsed)
        // The skipped ones were stored.
        _ = try assembly["ben"].group.process(messages[0], judge: AnyoneMay())
        // And so was the sender's place.
        assembly["ada"].group = try Group(serialized: assembly["ada"].group.serialized())
        try assembly.exchange(from: "ada", "next")
    }

    /// A tree that nobody validated could name leaves that lie outside it.
    @Test func refusesUnmergedLeavesOutside() throws {
        var group = try Assembly(count: 5)["member 1"].group
        let place = try #require(group.tree.parents.firstIndex { $0 != nil })
        let parent = try #require(group.tree.parents[place])
        for leaf in [8, UInt32.max] {
            var parents = group.tree.parents
            parents[place] = ParentNode(
                encryptionKey: parent.encryptionKey, parentHash: parent.parentHash, unmergedLeaves: [LeafIndex(leaf)])
            group.tree = RatchetTree(leaves: group.tree.leaves, parents: parents, suite: group.suite)
            #expect(refusal { _ = try Group(serialized: group.serialized()) } == .damagedState)
        }
    }

    /// A commit of another format, and one with a state of another format in it, are not misread.
    @Test func formatsAreTold() throws {
        let ada = try Assembly(["ada", "ben"])["ada"]
        let pending = try ada.group.commit(CommitPlan(), signer: ada.party.signer, judge: AnyoneMay())
        let whole = Array(pending.serialized().exposedCopy().dropLast(BLAKE2b.digestLength))
        let state = stored(pending.next).dropLast(BLAKE2b.digestLength)
        #expect(whole.suffix(state.count).elementsEqual(state))
        func read(_ bytes: [UInt8]) -> MLSError.Code? {
            refusal { _ = try PendingCommit(serialized: SecretBytes(bytes + BLAKE2b.hash(bytes))) }
        }
        #expect(read(whole) == nil)
        for place in [0, whole.count - state.count] {
            var altered = whole
            altered[place] += 1
            #expect(read(altered) == .damagedState)
        }
    }

    /// In debug builds, writing traps where more is written than was reserved: an outgrown buffer would not be wiped.
    private func expectReturn(_ group: Group) throws {
        #expect(stored(try Group(serialized: group.serialized())) == stored(group))
    }

    @Test func buffersAreNotOutgrownBySkippedKeysAndProposals() throws {
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        let messages = try (0..<301).map { _ in try assembly["ada"].group.protect([1], signer: signer) }
        _ = try assembly["ben"].group.process(try #require(messages.last), judge: AnyoneMay())
        try expectReturn(assembly["ben"].group)
        for number in 0..<40 {
            let bundle = try Party("joiner \(number)").bundle()
            try assembly.propose(by: "ada", .add(bundle.keyPackage), .privateMessage)
        }
        try assembly.propose(by: "ben", .update(LeafChange()), .privateMessage)
        try expectReturn(assembly["ada"].group)
        try expectReturn(assembly["ben"].group)
        var plan = CommitPlan()
        plan.references = assembly.waiting("ada")
        let pending = try assembly["ada"].group.commit(plan, signer: signer, judge: AnyoneMay())
        #expect(try PendingCommit(serialized: pending.serialized()).facts == pending.facts)
    }

    @Test func buffersAreNotOutgrownWhereAllHaveSpoken() throws {
        var assembly = try Assembly(count: 40)
        for name in assembly.names.dropFirst() {
            let message = try assembly[name].group.protect([1], signer: assembly[name].party.signer)
            _ = try assembly["member 0"].group.process(message, judge: AnyoneMay())
        }
        try expectReturn(assembly["member 0"].group)
    }

    @Test func refusesEveryCut() throws {
        let whole = stored(try richAssembly()["ben"].group)
        for length in whole.indices {
            #expect(throws: MLSError.self) { try Group(serialized: SecretBytes(whole[..<length])) }
        }
        #expect(throws: MLSError.self) { try Group(serialized: SecretBytes(whole + [0])) }
    }

    @Test func refusesEveryAlteration() throws {
        let whole = stored(try richAssembly()["ben"].group)
        for index in whole.indices {
            var altered = whole
            altered[index] ^= 1 << UInt8(index % 8)
            #expect(refusal { _ = try Group(serialized: SecretBytes(altered)) } == .damagedState)
        }
    }

    /// The caller seals states, so altered ones do not come from outside; yet they must not trap, neither when they are
    /// read nor when they are used. Here the checksum fits.
    @Test func alteredStatesDoNotTrap() throws {
        var assembly = try richAssembly()
        let ben = assembly["ben"]
        let whole = stored(ben.group)
        let message = try assembly["ada"].group.protect([1], signer: assembly["ada"].party.signer)
        let commit = try assembly["ada"].group.commit(
            CommitPlan(), signer: assembly["ada"].party.signer, judge: AnyoneMay())
        for index in whole.indices.dropLast(BLAKE2b.digestLength) {
            var altered = Array(whole.dropLast(BLAKE2b.digestLength))
            altered[index] ^= 1 << UInt8(index % 8)
            guard var group = try? Group(serialized: SecretBytes(altered + BLAKE2b.hash(altered))) else { continue }
            _ = try? group.process(message, judge: AnyoneMay())
            _ = try? group.protect([1], signer: ben.party.signer)
            _ = try? group.commit(CommitPlan(), signer: ben.party.signer, judge: AnyoneMay())
            _ = try? group.process(commit.message, judge: AnyoneMay())
            _ = group.serialized()
        }
    }
}
