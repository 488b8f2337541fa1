import Sodium
import Testing

@testable import MLS

@Suite struct JudgeTests {
    private let noCommits = StrictJudge(acceptsCommit: { _ in false })
    private let noBen = StrictJudge(acceptsLeaf: { $0.identity != Array("ben".utf8) })

    @Test func aRefusedCommitLeavesNoTrace() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let eve = try Party("eve").bundle()
        var plan = CommitPlan()
        plan.adds = [eve.keyPackage]
        plan.removes = [assembly.index(of: "ben")]
        let pending = try assembly["ada"].group.commit(
            plan, signer: assembly["ada"].party.signer, judge: AnyoneMay())
        for name in ["ben", "cyd"] {
            let before = stored(assembly[name].group)
            #expect(throws: StrictJudge.Refusal(why: "commit")) {
                try assembly[name].group.process(pending.message, judge: noCommits)
            }
            #expect(stored(assembly[name].group) == before)
        }
        // The same bytes are good for one who judges otherwise: no key was used up.
        try assembly.deliver(pending, from: "ada")
        #expect(assembly.names == ["ada", "cyd"])
        #expect(assembly.former.map(\.party.name) == ["ben"])
        try assembly.expectAgreement()
    }

    @Test func onesOwnCommitIsJudgedToo() throws {
        let assembly = try Assembly(["ada", "ben"])
        let ada = assembly["ada"]
        let before = stored(ada.group)
        #expect(throws: StrictJudge.Refusal(why: "commit")) {
            try ada.group.commit(CommitPlan(), signer: ada.party.signer, judge: noCommits)
        }
        #expect(stored(ada.group) == before)
    }

    @Test func everyLeafOfAJoinedTreeIsJudged() throws {
        let (ada, cyd) = (try Party("ada"), try Party("cyd"))
        let (ben, own) = (try Party("ben").bundle(), try cyd.bundle())
        var plan = CommitPlan()
        plan.adds = [ben.keyPackage, own.keyPackage]
        let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
        let welcome = try #require(pending.welcomes.first)
        #expect(throws: StrictJudge.Refusal(why: "leaf 1")) {
            try cyd.join(welcome, with: own, judge: noBen)
        }
        #expect(try cyd.join(welcome, with: own).isActive)
        #expect(throws: StrictJudge.Refusal(why: "leaf 0")) {
            try Party("ben").create(judge: noBen)
        }
    }

    @Test func theJudgeSeesWhatWouldBe() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let extensions = [Extension(Party.policy, data: [4])]
        let judge = StrictJudge(acceptsCommit: { facts in
            facts.extensionsAfter == extensions && facts.context.extensions.isEmpty && !facts.isOwn
                && facts.added.map(\.leaf.identity) == [Array("dot".utf8)]
                && facts.removed.map(\.leaf.identity) == [Array("cyd".utf8)]
                && facts.committer.leaf.identity == Array("ada".utf8)
                && facts.committerUpdate?.encryptionKey != facts.committer.leaf.encryptionKey
                && facts.authenticatedData == [1, 1]
        })
        var plan = CommitPlan()
        plan.adds = [try Party("dot").bundle().keyPackage]
        plan.removes = [assembly.index(of: "cyd")]
        plan.extensions = extensions
        plan.authenticatedData = [1, 1]
        let pending = try assembly["ada"].group.commit(
            plan, signer: assembly["ada"].party.signer, judge: AnyoneMay())
        _ = try assembly["ben"].group.process(pending.message, judge: judge)
        #expect(assembly["ben"].group.context == pending.next.context)
    }

    @Test func whatAJudgeDoesNotNameIsRefused() throws {
        let assembly = try Assembly(["ada", "ben"])
        let (ada, ben) = (assembly["ada"], assembly["ben"])
        let info = try ada.group.groupInfo(signer: ada.party.signer)
        let joining = try Party("cyd").joinByCommit(info)
        #expect(refusal { _ = try Party("cyd").joinByCommit(info, judge: SilentJudge()) } == .notAccepted)
        var plan = CommitPlan()
        plan.reInit = ReInit(groupID: [1], extensions: [])
        let closing = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay())
        #expect(
            refusal { _ = try ada.group.commit(plan, signer: ada.party.signer, judge: SilentJudge()) } == .notAccepted)
        for message in [joining.message, closing.message] {
            var group = ben.group
            #expect(refusal { _ = try group.process(message, judge: SilentJudge()) } == .notAccepted)
            #expect(stored(group) == stored(ben.group))
            #expect(throws: Never.self) { try group.process(message, judge: AnyoneMay()) }
        }
    }
}
