import Sodium
import Testing
import WireFormat

@testable import MLS

/// Groups that continue others: reinitialisation (§11.2) and branches (§11.3).
@Suite struct SuccessorTests {
    private let reInit = ReInit(groupID: [1, 2, 3], extensions: [Extension(Party.policy, data: [5])])

    /// A plan that adds new key packages of `names`.
    private func plan(_ names: [String]) throws -> (plan: CommitPlan, bundles: [String: KeyPackageBundle]) {
        var plan = CommitPlan()
        var bundles: [String: KeyPackageBundle] = [:]
        for name in names {
            let bundle = try Party(name).bundle()
            plan.adds.append(bundle.keyPackage)
            bundles[name] = bundle
        }
        return (plan, bundles)
    }

    private func closed(_ names: [String], byReference: Bool = false) throws -> Assembly {
        var assembly = try Assembly(names)
        if byReference {
            try assembly.propose(by: "ben", .reInit(reInit), .privateMessage)
            let waiting = assembly.waiting("ada")
            try assembly.commit(by: "ada") { $0.references = waiting }
        } else {
            try assembly.commit(by: "ada") { $0.reInit = reInit }
        }
        return assembly
    }

    // MARK: Reinitialisation

    @Test(arguments: [false, true])
    func aGroupIsReinitialised(byReference: Bool) throws {
        let assembly = try closed(["ada", "ben", "cyd"], byReference: byReference)
        try assembly.expectAgreement()
        for name in assembly.names {
            let member = assembly[name]
            #expect(member.group.reInit == reInit && !member.group.isActive)
            var group = try Group(serialized: member.group.serialized())
            #expect(group.reInit == reInit)
            #expect(broken { _ = try group.protect([1], signer: member.party.signer) } == .v110)
            #expect(
                broken { _ = try group.commit(CommitPlan(), signer: member.party.signer, judge: AnyoneMay()) }
                    == .v110)
            #expect(broken { _ = try group.propose(.reInit(reInit), signer: member.party.signer) } == .v110)
            let other = try Insider(assembly["ada"]).reopened().send(.application([1]))
            #expect(broken { _ = try group.process(other, judge: AnyoneMay()) } == .v110)
        }
        // Another than the committer may set the successor up.
        let (plan, bundles) = try plan(["ada", "cyd"])
        let ben = assembly["ben"]
        let pending = try ben.group.reinitialise(
            plan: plan, signer: ben.party.signer, lifetime: Party.lifetime, judge: AnyoneMay())
        #expect(pending.next.id == reInit.groupID && pending.next.context.extensions == reInit.extensions)
        let welcome = try #require(pending.welcomes.first)
        for (name, bundle) in bundles {
            let joined = try Party(name).join(welcome, with: bundle, continuing: assembly[name].group)
            #expect(try joined.epochAuthenticator().constantTimeEquals(pending.next.epochAuthenticator()))
            // Without the old group there is no joining the new one, whatever the look-up says.
            let psk = try assembly[name].group.resumptionPSK()
            #expect(broken { _ = try Party(name).join(welcome, with: bundle, preSharedKeys: { _ in psk }) } == .v109)
        }
    }

    /// What no successor could be is not agreed on: neither when it is one's own, nor when it comes from others.
    @Test func aReInitThatCannotBeIsRefused() throws {
        let policy = Extension(Party.policy, data: [5])
        let unreadable = Extension(.requiredCapabilities, data: [1])
        func reInit(_ extensions: [Extension], suite: UInt16 = 3) throws -> ReInit {
            var bytes = ReInit(groupID: [1, 2, 3], extensions: extensions).encoded
            bytes[7] = UInt8(suite)
            return try ReInit(decoding: bytes)
        }
        let cases: [(ReInit, MLSError.Code?)] = [
            (try reInit([policy]), nil),
            (try reInit([unreadable], suite: 1), nil),
            (try reInit([policy, policy]), .duplicateExtension),
            (try reInit([policy, policy], suite: 1), .duplicateExtension),
            (try reInit([unreadable]), .malformed),
            (try reInit([Extension(.externalSenders, data: [9])]), .malformed),
        ]
        for (reInit, code) in cases {
            let assembly = try Assembly(["ada", "ben"])
            #expect(committing(reInit, by: assembly["ada"]) == code)
            #expect(proposing(reInit, by: assembly["ada"]) == code)
            // A commit that is fine is refused for its made-up tag only.
            let forged = try Insider(assembly["ada"]).commit([.reInit(reInit)])
            var ben = assembly["ben"].group
            #expect(
                refusal { _ = try ben.process(forged, judge: AnyoneMay()) } == code ?? .invalidConfirmationTag)
            // So is one that refers to it.
            let sent = try Insider(assembly["ben"]).send(.proposal(.reInit(reInit))) { $0.format = .publicMessage }
            var ada = assembly["ada"]
            _ = try ada.group.process(sent, judge: AnyoneMay())
            var plan = CommitPlan()
            plan.references = ada.group.pendingProposals.map(\.reference)
            #expect(
                refusal { _ = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay()) } == code)
        }
    }

    @Test func aReInitsGroupIDIsBounded() throws {
        let ada = try Assembly(["ada", "ben"])["ada"]
        for (count, code) in [(Limits.groupIDBytes, nil), (Limits.groupIDBytes + 1, .limitExceeded)]
            as [(Int, MLSError.Code?)]
        {
            let reInit = ReInit(groupID: [UInt8](repeating: 1, count: count), extensions: [])
            #expect(committing(reInit, by: ada) == code)
            #expect(proposing(reInit, by: ada) == code)
        }
    }

    @Test func whatOthersCallTheSuccessorIsNotBounded() throws {
        let long = ReInit(groupID: [UInt8](repeating: 1, count: Limits.groupIDBytes + 1), extensions: [])
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let sent = try Insider(assembly["cyd"]).send(.proposal(.reInit(long))) { $0.format = .publicMessage }
        for name in ["ada", "ben"] { _ = try assembly[name].group.process(sent, judge: AnyoneMay()) }
        var closing = CommitPlan()
        closing.references = assembly["ada"].group.pendingProposals.map(\.reference)
        let ada = assembly["ada"]
        let closed = try ada.group.commit(closing, signer: ada.party.signer, judge: AnyoneMay())
        _ = try assembly["ben"].group.process(closed.message, judge: AnyoneMay())
        let (plan, bundles) = try plan(["ada", "cyd"])
        let ben = assembly["ben"]
        let pending = try ben.group.reinitialise(
            plan: plan, signer: ben.party.signer, lifetime: Party.lifetime, judge: AnyoneMay())
        let joined = try ada.party.join(
            try #require(pending.welcomes.first), with: try #require(bundles["ada"]), continuing: closed.next)
        #expect(joined.id == long.groupID)
        // A branch's id is one's own choice.
        let open = try Assembly(["ada", "ben"])["ada"]
        #expect(
            refusal {
                _ = try open.group.branch(
                    id: long.groupID, extensions: [], plan: CommitPlan(), signer: open.party.signer,
                    lifetime: Party.lifetime, judge: AnyoneMay())
            } == .limitExceeded)
    }

    private func committing(_ reInit: ReInit, by member: Member) -> MLSError.Code? {
        var plan = CommitPlan()
        plan.reInit = reInit
        return refusal { _ = try member.group.commit(plan, signer: member.party.signer, judge: AnyoneMay()) }
    }

    private func proposing(_ reInit: ReInit, by member: Member) -> MLSError.Code? {
        var group = member.group
        return refusal { _ = try group.propose(.reInit(reInit), signer: member.party.signer) }
    }

    @Test func everybodyComesAlong() throws {
        let assembly = try closed(["ada", "ben", "cyd"])
        let (plan, _) = try plan(["ben"])
        let ada = assembly["ada"]
        #expect(
            broken {
                _ = try ada.group.reinitialise(
                    plan: plan, signer: ada.party.signer, lifetime: Party.lifetime, judge: AnyoneMay())
            } == .v133)
        // Nor does anybody else, whom the others would have to take; nor somebody twice, in place of another.
        func reinitialising(_ names: [String]) throws -> MLSError.Code? {
            let (plan, _) = try self.plan(names)
            return refusal {
                _ = try ada.group.reinitialise(
                    plan: plan, signer: ada.party.signer, lifetime: Party.lifetime, judge: Lenient())
            }
        }
        #expect(try reinitialising(["ben", "cyd"]) == nil)
        #expect(try reinitialising(["ben", "cyd", "eve"]) == .misuse)
        #expect(try reinitialising(["ben"]) == MLSError(.v133, "").code)
        let open = try Assembly(["ada", "ben"])["ada"]
        #expect(
            broken {
                _ = try open.group.reinitialise(
                    plan: plan, signer: open.party.signer, lifetime: Party.lifetime, judge: AnyoneMay())
            } == .v131)
    }

    @Test func aSuccessorIsWhatItSays() throws {
        let assembly = try closed(["ada", "ben"])
        let old = assembly["ada"].group
        let (plan, _) = try plan(["ben"])
        let pending = try old.reinitialise(
            plan: plan, signer: assembly["ada"].party.signer, lifetime: Party.lifetime, judge: AnyoneMay())
        func check(
            _ usage: PreSharedKeyID.Usage, of group: Group, tree: RatchetTree? = nil, suite: UInt16 = 3,
            _ edit: (inout GroupContext) -> Void = { _ in }
        ) -> Rule? {
            var context = pending.next.context
            edit(&context)
            var bytes = context.encoded
            bytes[3] = UInt8(suite)
            return broken {
                try group.check(
                    successor: UnverifiedGroupContext(decoding: bytes), tree: tree ?? pending.next.tree, usage: usage,
                    judge: AnyoneMay())
            }
        }
        #expect(check(.reInit, of: old) == nil)
        #expect(check(.reInit, of: old) { $0.epoch = Epoch(2) } == .v130)
        #expect(check(.branch, of: old) { $0.epoch = Epoch(0) } == .v130)
        #expect(check(.reInit, of: old) { $0.extensions = [] } == .v132)
        #expect(check(.reInit, of: old, suite: 1) == .v132)
        #expect(check(.reInit, of: try Assembly(["ada", "ben"])["ada"].group) == .v131)
        #expect(check(.reInit, of: old, tree: try Party("ada").create().tree) == .v133)
        // Who waits for the successor takes no branch for it.
        #expect(check(.branch, of: old) == .v132)
        let open = try Assembly(["ada", "ben"])["ada"].group
        #expect(check(.branch, of: open) == nil)
        #expect(check(.branch, of: open, suite: 1) == .v134)
        #expect(check(.branch, of: open, tree: try Party("eve").create().tree) == .v135)
    }

    /// Beside the old group's resumption PSK, others can be mixed in (§8.4).
    @Test(arguments: [false, true])
    func successorsTakePreSharedKeys(byReInit: Bool) throws {
        let assembly = try byReInit ? closed(["ada", "ben"]) : Assembly(["ada", "ben"])
        let ada = assembly["ada"]
        var (plan, bundles) = try plan(["ben"])
        plan.preSharedKeys = [.external(id: [4])]
        func succeed(_ preSharedKeys: PSKLookup) throws -> PendingCommit {
            guard byReInit else {
                return try ada.group.branch(
                    id: [7], extensions: [], plan: plan, signer: ada.party.signer, lifetime: Party.lifetime,
                    preSharedKeys: preSharedKeys, judge: AnyoneMay())
            }
            return try ada.group.reinitialise(
                plan: plan, signer: ada.party.signer, lifetime: Party.lifetime, preSharedKeys: preSharedKeys,
                judge: AnyoneMay())
        }
        #expect(broken { _ = try succeed { _ in nil } } == .v109)
        let pending = try succeed(Assembly.psks)
        // But no second group is continued: joiners would refuse that.
        plan.preSharedKeys = [.resumption(usage: byReInit ? .reInit : .branch, groupID: [9], epoch: Epoch(1))]
        #expect(broken { _ = try succeed { _ in SecretBytes([1]) } } == .v122)
        let (welcome, bundle) = (try #require(pending.welcomes.first), try #require(bundles["ben"]))
        let old = assembly["ben"].group
        #expect(broken { _ = try Party("ben").join(welcome, with: bundle, continuing: old) } == .v109)
        let joined = try Party("ben").join(welcome, with: bundle, preSharedKeys: Assembly.psks, continuing: old)
        #expect(try joined.epochAuthenticator().constantTimeEquals(pending.next.epochAuthenticator()))
    }

    @Test func keysForSuccessorsAreNotProposed() throws {
        let ada = try Assembly(["ada", "ben"])["ada"]
        for usage in [PreSharedKeyID.Usage.reInit, .branch] {
            let change = Change.preSharedKey(.resumption(usage: usage, groupID: [1], epoch: Epoch(1)))
            var group = ada.group
            #expect(broken { _ = try group.propose(change, signer: ada.party.signer) } == .v72)
            #expect(
                broken {
                    _ = try ExternalProposal.send(
                        change, senderIndex: 0, groupID: [1], epoch: Epoch(1), signer: ada.party.signer)
                } == .v72)
        }
    }

    // MARK: Branches

    @Test func someMembersBranch() throws {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot"])
        let (plan, bundles) = try plan(["cyd"])
        let ada = assembly["ada"]
        let pending = try ada.group.branch(
            id: [7], extensions: [], plan: plan, signer: ada.party.signer, lifetime: Party.lifetime,
            judge: AnyoneMay())
        let welcome = try #require(pending.welcomes.first)
        let bundle = try #require(bundles["cyd"])
        let joined = try Party("cyd").join(welcome, with: bundle, continuing: assembly["cyd"].group)
        #expect(joined.members.count == 2 && joined.id == [7])
        // Who was elsewhere, or is an epoch behind, lacks the PSK.
        #expect(broken { _ = try Party("cyd").join(welcome, with: bundle) } == .v109)
        let stranger = try Assembly(["cyd", "eve"])["cyd"].group
        #expect(broken { _ = try Party("cyd").join(welcome, with: bundle, continuing: stranger) } == .v129)
        let before = assembly["cyd"].group
        try assembly.commit(by: "ada")
        #expect(
            broken { _ = try Party("cyd").join(welcome, with: bundle, continuing: assembly["cyd"].group) } == .v109)
        #expect(throws: Never.self) { try Party("cyd").join(welcome, with: bundle, continuing: before) }
    }

    @Test func aBranchTakesNobodyElse() throws {
        let assembly = try Assembly(["ada", "ben"])
        let (plan, bundles) = try plan(["ben", "eve"])
        let ada = assembly["ada"]
        func branch(_ judge: any Judge) throws -> PendingCommit {
            try ada.group.branch(
                id: [7], extensions: [], plan: plan, signer: ada.party.signer, lifetime: Party.lifetime, judge: judge)
        }
        #expect(broken { _ = try branch(AnyoneMay()) } == .v135)
        // One who is dishonest sends it nevertheless; the application decides who is the same client.
        let pending = try branch(Lenient())
        let bundle = try #require(bundles["ben"])
        let welcome = try #require(pending.welcomes.first)
        #expect(
            broken { _ = try Party("ben").join(welcome, with: bundle, continuing: assembly["ben"].group) } == .v135)
    }

    @Test func whoExpectsASuccessorGetsNothingElse() throws {
        let old = try Assembly(["ada", "ben"])["ben"].group
        let bundle = try Party("ben").bundle()
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        let ada = try Party("ada")
        let fresh = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
        let welcome = try #require(fresh.welcomes.first)
        #expect(refusal { _ = try Party("ben").join(welcome, with: bundle, continuing: old) } == .wrongSuccessor)
    }

    private struct Lenient: Judge {
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
        func judge(commit: CommitFacts) {}
        func isSameClient(_ old: LeafNode, _ new: LeafNode) -> Bool { true }
    }
}
