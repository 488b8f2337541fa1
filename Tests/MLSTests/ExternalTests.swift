import Sodium
import Testing
import WireFormat

@testable import MLS

/// Who joins on their own, and who proposes from outside (§12.1.8, §12.4.3.2).
@Suite struct ExternalTests {
    // MARK: External commits

    @Test(arguments: [1, 2, 3, 4, 5, 8])
    func somebodyJoinsByACommit(_ count: Int) throws {
        var assembly = try Assembly(count: count)
        let pending = try assembly.joinByCommit(Party("late"), from: "member 0")
        #expect(pending.facts.isExternal && pending.facts.hasPath && pending.facts.added.isEmpty)
        #expect(pending.facts.committer.leaf.identity == Array("late".utf8))
        #expect(pending.facts.committer.index == LeafIndex(UInt32(count)))
        try assembly.expectAgreement()
        try assembly.exchange(from: "late", "here on my own")
        try assembly.commit(by: "member 0")
        try assembly.commit(by: "late", adding: [Party("next")])
        try assembly.expectAgreement()
    }

    @Test func aBlankPlaceIsTaken() throws {
        var assembly = try Assembly(count: 5)
        try assembly.commit(by: "member 0", removing: ["member 2"])
        let pending = try assembly.joinByCommit(Party("late"), from: "member 1")
        #expect(pending.facts.committer.index == LeafIndex(2))
        try assembly.expectAgreement()
    }

    @Test func aMemberComesBackInPlaceOfItself() throws {
        var assembly = try Assembly(count: 6)
        let index = assembly.index(of: "member 3")
        let lost = assembly["member 3"]
        let pending = try assembly.joinByCommit(
            Party("member 3"), from: "member 0", replacing: "member 3", preSharedKeys: [.external(id: [3])])
        #expect(pending.facts.removed.map(\.index) == [index])
        #expect(pending.facts.committer.index == index)
        try assembly.expectAgreement()
        try assembly.exchange(from: "member 3", "back")
        #expect(lost.group.isActive)
        #expect(assembly.former.map(\.group.isActive) == [false])
    }

    @Test func theTreeMayComeApart() throws {
        var assembly = try Assembly(count: 4)
        let info = try assembly["member 0"].group.groupInfo(
            signer: assembly["member 0"].party.signer, holdsTree: false,
            extensions: [Extension(ExtensionType(0x2a2a), data: [1])])
        let late = try Party("late")
        #expect(broken { _ = try late.joinByCommit(info) } == .v136)
        let pending = try late.joinByCommit(info, ratchetTree: assembly["member 1"].group.ratchetTree)
        try assembly.admit(late, pending)
        try assembly.expectAgreement()
    }

    @Test func theJoinersJudgeLooksAtAll() throws {
        let assembly = try Assembly(count: 3)
        let info = try assembly["member 0"].group.groupInfo(signer: assembly["member 0"].party.signer)
        let late = try Party("late")
        let picky = StrictJudge(acceptsLeaf: { $0.identity != Array("member 1".utf8) })
        #expect(throws: StrictJudge.Refusal(why: "leaf 1")) { try late.joinByCommit(info, judge: picky) }
        let never = StrictJudge(acceptsCommit: { _ in false })
        #expect(throws: StrictJudge.Refusal(why: "commit")) { try late.joinByCommit(info, judge: never) }
        // And so does each member's.
        let pending = try late.joinByCommit(info)
        var group = assembly["member 2"].group
        #expect(throws: StrictJudge.Refusal(why: "commit")) { try group.process(pending.message, judge: never) }
        #expect(stored(group) == stored(assembly["member 2"].group))
    }

    @Test func aGroupInfoIsForItsEpoch() throws {
        var assembly = try Assembly(count: 3)
        let info = try assembly["member 0"].group.groupInfo(signer: assembly["member 0"].party.signer)
        let (early, late) = (try Party("early"), try Party("late"))
        let (first, second) = (try early.joinByCommit(info), try late.joinByCommit(info))
        try assembly.admit(early, first)
        for name in assembly.names where name != "early" {
            #expect(broken { _ = try assembly[name].group.process(second.message, judge: AnyoneMay()) } == .v3)
        }
        var own = first.next
        #expect(broken { _ = try own.process(second.message, judge: AnyoneMay()) } == .v3)
        try assembly.expectAgreement()
    }

    @Test func badGroupInfosAreRefused() throws {
        let assembly = try Assembly(count: 3)
        let member = assembly["member 0"]
        let late = try Party("late")
        let bytes = try member.group.groupInfo(signer: member.party.signer)
        guard case .groupInfo(let info) = try MLSMessage(checking: bytes) else { throw UnexpectedResult() }
        func join(_ extensions: [Extension], signer: LeafIndex? = nil, key: Ed25519.PrivateKey? = nil) -> Rule? {
            broken {
                let forged = UnverifiedGroupInfo(
                    context: member.group.context, extensions: extensions, confirmationTag: info.confirmationTag,
                    signer: signer ?? info.signer, key: key ?? member.party.signer)
                _ = try late.joinByCommit(MLSMessage.groupInfo(forged).encoded)
            }
        }
        #expect(join(info.extensions) == nil)
        #expect(join(info.extensions.filter { $0.type != .externalPub }) == .v137)
        #expect(
            join(info.extensions.map { $0.type == .externalPub ? Extension(.externalPub, data: [1, 2]) : $0 })
                == .v137)
        #expect(join(info.extensions, key: try Party("eve").signer) == .v125)
        #expect(join(info.extensions, signer: LeafIndex(3)) == .v124)
        #expect(refusal { _ = try late.joinByCommit([0, 1]) } == .malformed)
        #expect(refusal { _ = try late.joinByCommit(late.bundle().keyPackage.encoded) } == .wrongContentType)
        var other = bytes
        other[7] = 1  // Version, format, version, suite: the suite.
        #expect(broken { _ = try late.joinByCommit(other) } == .v123)
    }

    @Test func onlyThoseWhoMaySignAGroupInfo() throws {
        let assembly = try Assembly(count: 2)
        #expect(
            refusal { _ = try assembly["member 0"].group.groupInfo(signer: Party("eve").signer) } == .misuse)
    }

    // MARK: External proposals

    private static let watchdog = "watchdog"

    /// Three members and a listed external sender.
    private func watched() throws -> Assembly {
        let watchdog = try Party(Self.watchdog)
        let senders = ExternalSender.asExtension([
            ExternalSender(
                signatureKey: try Party("other").signer.publicKey.bytes, credential: .basic(identity: [0])),
            ExternalSender(
                signatureKey: watchdog.signer.publicKey.bytes, credential: .basic(identity: watchdog.identity)),
        ])
        return try Assembly(["ada", "ben", "cyd"], extensions: [senders])
    }

    @Test func listedSendersPropose() throws {
        var assembly = try watched()
        let (watchdog, dot) = (try Party(Self.watchdog), try Party("dot"))
        let bundle = try dot.bundle()
        let (id, epoch) = (assembly["ada"].group.id, assembly["ada"].group.epoch)
        for change in [Change.remove(assembly.index(of: "cyd")), .add(bundle.keyPackage)] {
            let message = try ExternalProposal.send(
                change, senderIndex: 1, groupID: id, epoch: epoch, signer: watchdog.signer)
            for name in assembly.names {
                guard
                    case .proposal(.external(1), _) = try assembly[name].group.process(message, judge: AnyoneMay())
                else { throw UnexpectedResult() }
            }
        }
        let waiting = assembly.waiting("ada")
        let pending = try assembly.commit(by: "ada", joining: [(dot, bundle)]) {
            $0.references = waiting
        }
        #expect(pending.facts.proposals.map(\.sender) == [.external(1), .external(1)])
        #expect(assembly.names == ["ada", "ben", "dot"])
        try assembly.expectAgreement()
    }

    @Test func whoWantsToJoinAsks() throws {
        var assembly = try Assembly(["ada", "ben"])
        let cyd = try Party("cyd")
        let bundle = try cyd.bundle()
        let (id, epoch) = (assembly["ada"].group.id, assembly["ada"].group.epoch)
        let message = try ExternalProposal.join(
            bundle.keyPackage, groupID: id, epoch: epoch, signer: cyd.signer, authenticatedData: [8])
        #expect(try MessageHeader(reading: message).authenticatedData == [8])
        for name in assembly.names { _ = try assembly[name].group.process(message, judge: AnyoneMay()) }
        let waiting = assembly.waiting("ben")
        try assembly.commit(by: "ben", joining: [(cyd, bundle)]) {
            $0.references = waiting
        }
        try assembly.expectAgreement()
        #expect(
            refusal {
                _ = try ExternalProposal.join(
                    bundle.keyPackage, groupID: id, epoch: epoch, signer: Party("eve").signer)
            } == .misuse)
    }

    /// Whoever reads a message's header could ask to be let in, and keep everybody from sending.
    @Test func outsidersAreHeardOnlyWhereTheJudgeSaysSo() throws {
        var assembly = try Assembly(["ada", "ben"])
        let (cyd, ada) = (try Party("cyd"), assembly["ada"].party.signer)
        let message = try ExternalProposal.join(
            cyd.bundle().keyPackage, groupID: assembly["ada"].group.id, epoch: assembly["ada"].group.epoch,
            signer: cyd.signer)
        let before = stored(assembly["ada"].group)
        #expect(refusal { _ = try assembly["ada"].group.process(message, judge: SilentJudge()) } == .notAccepted)
        #expect(stored(assembly["ada"].group) == before)
        #expect(throws: Never.self) { try assembly["ada"].group.protect([1], signer: ada) }
        _ = try assembly["ada"].group.process(message, judge: AnyoneMay())
        #expect(assembly["ada"].group.pendingProposals.map(\.isValid) == [true])
        #expect(refusal { _ = try assembly["ada"].group.protect([1], signer: ada) } == .proposalsPending)
    }

    /// What Ada makes of a message from outside.
    private func rule(
        _ content: Content, from sender: Sender, by name: String, in assembly: Assembly
    ) throws -> Rule? {
        let group = assembly["ada"].group
        let framed = FramedContent(
            groupID: group.id, epoch: group.epoch, sender: sender, authenticatedData: [], content: content)
        var signed = AuthenticatedContent.sign(
            framed, format: .publicMessage, context: group.context, suite: group.suite,
            signer: try Party(name).signer)
        if content.type == .commit { signed = signed.adding(confirmationTag: [1]) }
        let message = MLSMessage.publicMessage(PublicMessage(fromOutside: signed)).encoded
        var copy = group
        let rule = broken { _ = try copy.process(message, judge: AnyoneMay()) }
        #expect(rule == nil || stored(copy) == stored(group))
        return rule
    }

    @Test func outsidersDoNotSpeakForOthers() throws {
        let assembly = try watched()
        let removal = Content.proposal(.remove(LeafIndex(2)))
        #expect(try rule(removal, from: .external(1), by: Self.watchdog, in: assembly) == nil)
        #expect(try rule(removal, from: .external(0), by: Self.watchdog, in: assembly) == .v9)
        #expect(try rule(removal, from: .external(1), by: "eve", in: assembly) == .v9)
        #expect(try rule(removal, from: .external(2), by: Self.watchdog, in: assembly) == .v8)
        #expect(try rule(removal, from: .external(0), by: "eve", in: try Assembly(["ada", "ben"])) == .v8)
        let commit = Content.commit(Commit(proposals: [], path: nil))
        #expect(try rule(commit, from: .external(1), by: Self.watchdog, in: assembly) == .v10)
        let update = Content.proposal(.update(try #require(assembly["ada"].group.member(at: LeafIndex(1)))))
        #expect(try rule(update, from: .external(1), by: Self.watchdog, in: assembly) == .v11)
        #expect(
            try rule(.proposal(.externalInit(kemOutput: [])), from: .external(1), by: Self.watchdog, in: assembly)
                == .v11)
        #expect(
            broken {
                _ = try ExternalProposal.send(
                    .update(LeafChange()), senderIndex: 0, groupID: [], epoch: Epoch(0), signer: Party("a").signer)
            } == .v11)
        let add = Content.proposal(.add(ProposedKeyPackage(try Party("dot").bundle().keyPackage)))
        #expect(try rule(add, from: .newMemberProposal, by: "dot", in: assembly) == nil)
        #expect(try rule(add, from: .newMemberProposal, by: "eve", in: assembly) == .v13)
        #expect(try rule(removal, from: .newMemberProposal, by: "dot", in: assembly) == .v12)
        #expect(try rule(removal, from: .newMemberCommit, by: "dot", in: assembly) == .v14)
        #expect(try rule(commit, from: .newMemberCommit, by: "dot", in: assembly) == .v94)
    }
}
