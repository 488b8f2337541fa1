import Sodium
import Testing
import WireFormat

@testable import MLS

@Suite struct LifecycleTests {
    @Test func aNewGroupHasItsCreator() throws {
        let policy = Extension(Party.policy, data: [1, 2, 3])
        let group = try Party("ada").create(extensions: [policy])
        #expect(group.epoch == Epoch(0))
        #expect(group.ownIndex == LeafIndex(0))
        #expect(group.isActive)
        #expect(group.context.extensions == [policy])
        #expect(group.members.map(\.leaf.identity) == [Array("ada".utf8)])
    }

    @Test(arguments: [2, 3, 4, 5, 8, 9, 17, 33])
    func manyJoinByOneCommit(_ count: Int) throws {
        var assembly = try Assembly(count: count)
        #expect(assembly.members.count == count)
        try assembly.expectAgreement()
        for name in assembly.names.prefix(5) { try assembly.exchange(from: name, "hello from \(name)") }
        try assembly.exchange(from: try #require(assembly.names.last), "and from the last")
        // The last and the first both reach everybody with a path.
        try assembly.commit(by: try #require(assembly.names.last))
        try assembly.commit(by: try #require(assembly.names.first))
        try assembly.expectAgreement()
    }

    @Test func membersAddMembers() throws {
        var assembly = try Assembly(["ada"])
        for number in 1..<12 {
            let adder = assembly.names[number * 7 % assembly.members.count]
            // Every second one without a path, which leaves unmerged leaves behind.
            try assembly.commit(by: adder, adding: [Party("member \(number)")]) {
                $0.forcesPath = number.isMultiple(of: 2)
            }
            try assembly.expectAgreement()
        }
        for name in assembly.names { try assembly.exchange(from: name, "from \(name)") }
    }

    @Test func commitsWithoutPathAreOnlyForAdds() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let added = try assembly.commit(by: "ben", adding: [Party("dot")]) { $0.forcesPath = false }
        #expect(!added.facts.hasPath && added.facts.committerUpdate == nil)
        let removed = try assembly.commit(by: "ben", removing: ["dot"]) { $0.forcesPath = false }
        #expect(removed.facts.hasPath && removed.facts.committerUpdate != nil)
        let empty = try assembly.commit(by: "ben") { $0.forcesPath = false }
        #expect(empty.facts.hasPath)
        try assembly.expectAgreement()
    }

    @Test func anEmptyCommitRenewsTheCommittersKey() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let before = assembly["ben"].group
        let pending = try assembly.commit(by: "ben")
        let after = assembly["ada"].group
        #expect(after.epoch == Epoch(before.epoch.value + 1))
        let (old, new) = (before.member(at: before.ownIndex), after.member(at: before.ownIndex))
        #expect(old?.encryptionKey != new?.encryptionKey)
        #expect(old?.signatureKey == new?.signatureKey)
        #expect(pending.facts.committerUpdate == new)
        #expect(pending.welcomes.isEmpty)
        #expect(
            try !before.epochAuthenticator().constantTimeEquals(after.epochAuthenticator()))
    }

    @Test func makingACommitChangesNothingUntilItIsTaken() throws {
        var assembly = try Assembly(["ada", "ben"])
        let before = stored(assembly["ada"].group)
        let first = try assembly["ada"].group.commit(
            CommitPlan(), signer: assembly["ada"].party.signer, judge: AnyoneMay())
        #expect(stored(assembly["ada"].group) == before)
        // Ben's commit wins; Ada drops hers and follows.
        try assembly.commit(by: "ben")
        try assembly.expectAgreement()
        #expect(refusal { _ = try assembly["ben"].group.process(first.message, judge: AnyoneMay()) } == .wrongEpoch)
        try assembly.exchange(from: "ada", "still here")
    }

    @Test func aRemovedMemberIsOut() throws {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot"])
        var spy = assembly["cyd"]  // Keeps everything it had before the removal.
        let index = assembly.index(of: "cyd")
        let pending = try assembly.commit(by: "ada", removing: ["cyd"])
        #expect(pending.facts.removed.map(\.index) == [index])
        #expect(pending.facts.removed.map(\.leaf.identity) == [Array("cyd".utf8)])
        try assembly.expectAgreement()
        var gone = try #require(assembly.former.first)
        #expect(!gone.group.isActive)
        #expect(refusal { _ = try gone.group.protect([1], signer: gone.party.signer) } == .notAMember)
        #expect(refusal { _ = try gone.group.epochAuthenticator() } == .notAMember)
        #expect(refusal { _ = try gone.group.export(label: "a", context: [], count: 32) } == .notAMember)
        #expect(
            refusal { _ = try gone.group.commit(CommitPlan(), signer: gone.party.signer, judge: AnyoneMay()) }
                == .notAMember)
        let restored = try Group(serialized: gone.group.serialized())
        #expect(!restored.isActive)

        let message = try assembly["ada"].group.protect([1, 2, 3], signer: assembly["ada"].party.signer)
        #expect(refusal { _ = try gone.group.process(message, judge: AnyoneMay()) } == .notAMember)
        #expect(refusal { _ = try spy.group.process(message, judge: AnyoneMay()) } == .wrongEpoch)
        // Nor with the epoch's number as it should be: the keys are others.
        spy.group.context.epoch = assembly["ada"].group.epoch
        #expect(refusal { _ = try spy.group.process(message, judge: AnyoneMay()) } == .decryptionFailed)
        // The place is free for another.
        try assembly.commit(by: "ben", adding: [Party("eve")])
        #expect(assembly.index(of: "eve") == index)
        try assembly.expectAgreement()
        try assembly.exchange(from: "eve", "hello")
    }

    @Test func aRemovedMemberCanComeBack() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        try assembly.commit(by: "ada", removing: ["cyd"])
        try assembly.commit(by: "ben", adding: [Party("cyd")])
        try assembly.expectAgreement()
        // Removed and added again in one commit (§12.2): a device that lost its place.
        let bundle = try Party("cyd").bundle()
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        plan.removes = [assembly.index(of: "cyd")]
        let pending = try assembly["ada"].group.commit(
            plan, signer: assembly["ada"].party.signer, judge: AnyoneMay())
        try assembly.deliver(pending, from: "ada")
        let rejoined = try Party("cyd").join(try #require(pending.welcomes.first), with: bundle)
        #expect(
            try rejoined.epochAuthenticator().constantTimeEquals(assembly["ben"].group.epochAuthenticator()))
    }

    @Test func aNewMemberReadsNothingEarlier() throws {
        var assembly = try Assembly(["ada", "ben"])
        let early = try assembly["ada"].group.protect([1], signer: assembly["ada"].party.signer)
        try assembly.commit(by: "ada", adding: [Party("cyd")])
        #expect(refusal { _ = try assembly["cyd"].group.process(early, judge: AnyoneMay()) } == .wrongEpoch)
        assembly["cyd"].group.context.epoch = Epoch(1)
        #expect(refusal { _ = try assembly["cyd"].group.process(early, judge: AnyoneMay()) } == .decryptionFailed)
    }

    @Test func treesShrinkAndGrow() throws {
        var assembly = try Assembly(count: 9)
        #expect(assembly["member 0"].group.tree.leafCount == 16)
        try assembly.commit(by: "member 1", removing: ["member 8"])
        #expect(assembly["member 0"].group.tree.leafCount == 8)
        try assembly.expectAgreement()
        try assembly.commit(by: "member 2", removing: (3..<8).map { "member \($0)" })
        #expect(assembly["member 0"].group.tree.leafCount == 4)
        try assembly.expectAgreement()
        try assembly.commit(by: "member 0", removing: ["member 1", "member 2"])
        #expect(assembly["member 0"].group.tree.leafCount == 1)
        try assembly.commit(by: "member 0", adding: [Party("new")])
        try assembly.expectAgreement()
        try assembly.exchange(from: "new", "hello")
    }

    @Test func groupContextExtensionsChange() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let required = RequiredCapabilities(extensions: [Party.policy]).asExtension
        let policy = [required, Extension(Party.policy, data: [1])]
        let pending = try assembly.commit(by: "ben") { $0.extensions = policy }
        #expect(pending.facts.context.extensions == [])
        #expect(pending.facts.extensionsAfter == policy)
        #expect(assembly["ada"].group.context.extensions == policy)
        try assembly.commit(by: "ada", adding: [Party("dot")])
        #expect(assembly["dot"].group.context.extensions == policy)
        try assembly.commit(by: "dot") { $0.extensions = [] }
        try assembly.expectAgreement()
        #expect(assembly["ada"].group.context.extensions == [])
    }

    @Test func factsTellWhatACommitDoes() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let before = assembly["ben"].group
        let pending = try assembly.commit(by: "ben", adding: [Party("dot"), Party("eve")], removing: ["cyd"]) {
            $0.authenticatedData = [9, 9]
        }
        let facts = pending.facts
        #expect(facts.isOwn)
        #expect(facts.context == before.context)
        #expect(facts.authenticatedData == [9, 9])
        #expect(facts.committer.index == before.ownIndex)
        #expect(facts.committer.leaf == before.member(at: before.ownIndex))
        #expect(facts.added.map(\.leaf.identity) == [Array("dot".utf8), Array("eve".utf8)])
        #expect(facts.added.map(\.index) == [assembly.index(of: "dot"), assembly.index(of: "eve")])
        #expect(facts.removed.map(\.leaf.identity) == [Array("cyd".utf8)])
        #expect(facts.updated.isEmpty)
        let header = try MessageHeader(reading: pending.message)
        #expect(header.authenticatedData == [9, 9])
        #expect(header.contentType == .commit)
        #expect(header.epoch == before.epoch)
        #expect(header.groupID == before.id)
    }

    @Test func evidenceProvesWhoSaidIt() throws {
        var assembly = try Assembly(["ada", "ben"])
        let message = try assembly["ada"].group.protect([5], signer: assembly["ada"].party.signer)
        guard case .application(let received) = try assembly["ben"].group.process(message, judge: AnyoneMay()) else {
            throw UnexpectedResult()
        }
        let evidence = try AuthenticatedContent(decoding: received.evidence)
        let context = assembly["ben"].group.context
        try evidence.verifySignature(by: assembly["ada"].party.signer.publicKey.bytes, context: context)
        #expect(evidence.content.content == .application([5]))
        #expect(
            refusal {
                try evidence.verifySignature(by: assembly["ben"].party.signer.publicKey.bytes, context: context)
            } == .invalidSignature)
    }

    @Test func anotherSignatureKeyIsMisuse() throws {
        var assembly = try Assembly(["ada", "ben"])
        let wrong = try Party("eve").signer
        #expect(refusal { _ = try assembly["ada"].group.protect([1], signer: wrong) } == .misuse)
        #expect(
            refusal { _ = try assembly["ada"].group.commit(CommitPlan(), signer: wrong, judge: AnyoneMay()) }
                == .misuse)
    }
}
