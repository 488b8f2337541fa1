import Sodium
import Testing
import WireFormat

@testable import MLS

/// What a sender must not do.
@Suite struct SendingTests {
    /// §12.4: whose removal was proposed would go on reading.
    @Test func applicationDataWaitsForProposals() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let (ada, ben) = (assembly["ada"].party.signer, assembly["ben"].party.signer)
        let removal = try assembly["ben"].group.propose(.remove(assembly.index(of: "cyd")), signer: ben)
        _ = try assembly["ada"].group.process(removal, judge: AnyoneMay())
        let before = stored(assembly["ada"].group)
        #expect(refusal { _ = try assembly["ada"].group.protect([1], signer: ada) } == .proposalsPending)
        #expect(refusal { _ = try assembly["ben"].group.protect([1], signer: ben) } == .proposalsPending)
        #expect(stored(assembly["ada"].group) == before)
        // A commit need not take them.
        var next = try assembly["ada"].group.commit(CommitPlan(), signer: ada, judge: AnyoneMay()).next
        #expect(throws: Never.self) { try next.protect([1], signer: ada) }
    }

    /// Who proposes a removal may commit it: so it counts where nobody else is left who could, too.
    @Test func applicationDataWaitsAmongTwo() throws {
        var assembly = try Assembly(["ada", "ben"])
        let (ada, ben) = (assembly["ada"].party.signer, assembly["ben"].party.signer)
        let removal = try assembly["ben"].group.propose(.remove(assembly.index(of: "ada")), signer: ben)
        _ = try assembly["ada"].group.process(removal, judge: AnyoneMay())
        #expect(refusal { _ = try assembly["ben"].group.protect([1], signer: ben) } == .proposalsPending)
        #expect(refusal { _ = try assembly["ada"].group.protect([1], signer: ada) } == .proposalsPending)
        // Alone, one can commit all but one's own Update.
        let eve = try Party("eve")
        var alone = try eve.create()
        _ = try alone.propose(.update(LeafChange()), signer: eve.signer)
        #expect(alone.pendingProposals.map(\.isValid) == [false])
        _ = try alone.propose(.add(try Party("ben").bundle().keyPackage), signer: eve.signer)
        #expect(alone.pendingProposals.map(\.isValid) == [false, true])
    }

    /// §13.4: joiners would refuse a GroupInfo that has one extension twice.
    @Test func groupInfosNameNoExtensionTwice() throws {
        let ada = try Assembly(["ada", "ben"])["ada"]
        let grease = Extension(ExtensionType(0x3a3a), data: [1])
        let tree = Extension(.ratchetTree, data: ada.group.ratchetTree)
        func info(_ extensions: [Extension], holdsTree: Bool = true) -> Rule? {
            broken {
                _ = try ada.group.groupInfo(signer: ada.party.signer, holdsTree: holdsTree, extensions: extensions)
            }
        }
        #expect(info([grease, tree], holdsTree: false) == nil)
        #expect(info([grease, grease]) == .v37)
        #expect(info([tree]) == .v37)
        #expect(info([Extension(.externalPub, data: [])]) == .v37)

        let bundle = try Party("cyd").bundle()
        func welcome(_ extensions: [Extension], holdsTree: Bool = true) -> Rule? {
            broken {
                var plan = CommitPlan()
                plan.adds = [bundle.keyPackage]
                plan.groupInfoExtensions = extensions
                plan.welcomesHoldTree = holdsTree
                _ = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay())
            }
        }
        #expect(welcome([grease, tree], holdsTree: false) == nil)
        #expect(welcome([grease, grease]) == .v37)
        #expect(welcome([tree]) == .v37)
    }

    private func generation(of message: [UInt8], in group: Group) throws -> UInt32 {
        guard case .privateMessage(let message) = try MLSMessage(checking: message) else { throw UnexpectedResult() }
        let key = try SenderDataKey(
            secret: group.activeSecrets().senderDataSecret, ciphertext: message.ciphertext, suite: group.suite)
        var aad = Writer()
        aad.opaque(message.groupID)
        aad.uint64(message.epoch.value)
        aad.uint8(message.contentType.rawValue)
        let opened = try group.suite.open(
            message.encryptedSenderData, key: key.key, nonce: key.nonce, aad: aad.bytes, rule: .v19)
        return try SenderData(decoding: opened).generation
    }

    /// A commit that is given up was perhaps seen: its key is not used again, and others still understand what follows.
    @Test func aDiscardedCommitsKeyIsNotUsedAgain() throws {
        var assembly = try Assembly(["ada", "ben"])
        var ada = assembly["ada"].group
        let signer = assembly["ada"].party.signer
        let first = try ada.commit(CommitPlan(), signer: signer, judge: AnyoneMay())
        try ada.discardCommit()
        let second = try ada.commit(CommitPlan(), signer: signer, judge: AnyoneMay())
        try ada.discardCommit()
        let proposal = try ada.propose(.update(LeafChange()), signer: signer)
        let generations = try [first.message, second.message, proposal].map { try generation(of: $0, in: ada) }
        #expect(generations == [0, 1, 2])
        _ = try assembly["ben"].group.process(proposal, judge: AnyoneMay())
        _ = try assembly["ben"].group.process(second.message, judge: AnyoneMay())
        #expect(
            try assembly["ben"].group.epochAuthenticator().constantTimeEquals(second.next.epochAuthenticator()))
    }

    @Test func whoWasRemovedHasNothingToDiscard() throws {
        var assembly = try Assembly(["ada", "ben"])
        try assembly.commit(by: "ada", removing: ["ben"])
        var ben = try #require(assembly.former.first).group
        #expect(refusal { try ben.discardCommit() } == .notAMember)
    }
}
