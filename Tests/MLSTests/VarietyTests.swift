import Sodium
import Testing
import WireFormat

@testable import MLS

/// What groups may be made of beside the usual: other credentials, values that mean nothing, trees that come apart.
@Suite struct VarietyTests {
    @Test func aWelcomeMayComeWithoutTheTree() throws {
        var assembly = try Assembly(["ada", "ben"])
        let cyd = try Party("cyd")
        let bundle = try cyd.bundle()
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        plan.welcomesHoldTree = false
        plan.groupInfoExtensions = [Extension(ExtensionType(0x3a3a), data: [1, 2, 3])]
        let pending = try assembly["ada"].group.commit(
            plan, signer: assembly["ada"].party.signer, judge: AnyoneMay())
        try assembly.deliver(pending, from: "ada")
        let welcome = try #require(pending.welcomes.first)
        #expect(broken { _ = try cyd.join(welcome, with: bundle) } == .v136)
        func join(_ tree: [UInt8]) throws -> Group {
            try Group.join(
                welcome: welcome, bundle: { $0 == bundle.reference ? bundle : nil }, ratchetTree: tree,
                judge: AnyoneMay())
        }
        let joined = try join(assembly["ben"].group.ratchetTree)
        #expect(joined.context == assembly["ben"].group.context)
        let other = try Assembly(["ada", "eve"])["ada"].group.ratchetTree
        #expect(broken { _ = try join(other) } == .v60)
    }

    @Test func certificatesAreCredentialsToo() throws {
        let capabilities = Capabilities(extensions: [], credentials: [1, 2])
        let (ada, ben) = (try Party("ada"), try Party("ben"))
        let chain = Credential.x509(chain: [[0x30, 1], [0x30, 2]])
        let bundle = try KeyPackageBundle.generate(
            credential: chain, signer: ben.signer, lifetime: Party.lifetime, capabilities: capabilities,
            leafExtensions: [], extensions: [])
        let group = try Group.create(
            id: [1],
            creator: Group.Joiner(credential: .basic(identity: [1]), signer: ada.signer, capabilities: capabilities),
            lifetime: Party.lifetime, extensions: [], judge: AnyoneMay())
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        let pending = try group.commit(plan, signer: ada.signer, judge: AnyoneMay())
        let joined = try ben.join(try #require(pending.welcomes.first), with: bundle)
        #expect(joined.members.map(\.leaf.credential) == [.basic(identity: [1]), chain])
        #expect(joined.members.map(\.leaf.identity) == [[1], nil])
    }

    /// §7.3, §13.3: the last member who did not support a type of credential may turn to it in one step.
    @Test func theLastOneTurnsToCertificates() throws {
        func move(others: [UInt16]) throws -> Rule? {
            let (ada, ben, cyd) = (try Party("ada"), try Party("ben"), try Party("cyd"))
            func bundle(_ party: Party, _ credentials: [UInt16]) throws -> KeyPackageBundle {
                try KeyPackageBundle.generate(
                    credential: .basic(identity: [1]), signer: party.signer, lifetime: Party.lifetime,
                    capabilities: Capabilities(credentials: credentials), leafExtensions: [], extensions: [])
            }
            let bundles = [try bundle(ben, [1]), try bundle(cyd, others)]
            var plan = CommitPlan()
            plan.adds = bundles.map(\.keyPackage)
            let pending = try Group.create(
                id: [1], identity: [2], signer: ada.signer, capabilities: Capabilities(credentials: [1, 2]),
                lifetime: Party.lifetime, extensions: [], judge: AnyoneMay()
            ).commit(plan, signer: ada.signer, judge: AnyoneMay())
            let joined = try ben.join(try #require(pending.welcomes.first), with: bundles[0])
            var turn = CommitPlan()
            turn.leaf = LeafChange()
            turn.leaf?.credential = .x509(chain: [[0x30]])
            turn.leaf?.capabilities = Capabilities(credentials: [1, 2])
            return broken {
                let commit = try joined.commit(turn, signer: ben.signer, judge: AnyoneMay())
                var receiver = pending.next
                _ = try receiver.process(commit.message, judge: AnyoneMay())
                #expect(receiver.member(at: LeafIndex(1))?.credential == .x509(chain: [[0x30]]))
            }
        }
        #expect(try move(others: [1, 2]) == nil)
        #expect(try move(others: [1]) == .v33)
    }

    @Test func aLastResortServesMoreThanOnce() throws {
        let ben = try Party("ben")
        let bundle = try ben.bundle(lastResort: true)
        #expect(bundle.keyPackage.isLastResort)
        for name in ["ada", "cyd"] {
            let founder = try Party(name)
            var plan = CommitPlan()
            plan.adds = [bundle.keyPackage]
            let pending = try founder.create().commit(plan, signer: founder.signer, judge: AnyoneMay())
            #expect(try ben.join(try #require(pending.welcomes.first), with: bundle).members.count == 2)
        }
    }

    @Test func manyKeyPackagesAreVerifiedTogether() throws {
        let bundles = try (0..<20).map { try Party("client \($0)").bundle() }
        let messages = bundles.map(\.keyPackage.encoded)
        #expect(try KeyPackage.verified(messages) == bundles.map(\.keyPackage))
        #expect(try KeyPackage.verified([]) == [])
        // One that is bad is found, wherever it is.
        for place in [0, 7, 19] {
            var altered = messages
            altered[place][altered[place].count - 1] ^= 1
            #expect(broken { _ = try KeyPackage.verified(altered) } == .v52)
        }
    }

    @Test func valuesThatMeanNothingDoNotDisturb() throws {
        // §13.5, in all places where they may be.
        let grease = ExtensionType(0x4a4a)
        let ben = try Party("ben")
        let capabilities = Capabilities(
            extensions: [Party.policy, grease, ExtensionType(0x6a6a)], credentials: [1, 0x5a5a])
        let bundle = try KeyPackageBundle.generate(
            credential: .basic(identity: ben.identity), signer: ben.signer, lifetime: Party.lifetime,
            capabilities: capabilities, leafExtensions: [Extension(grease, data: [1])],
            extensions: [Extension(ExtensionType(0x6a6a), data: [])])
        var assembly = try Assembly(["ada", "cyd"])
        try assembly.commit(by: "ada", joining: [(ben, bundle)]) {
            $0.adds = [bundle.keyPackage]
            $0.groupInfoExtensions = [Extension(ExtensionType(0x7a7a), data: [2])]
        }
        try assembly.commit(by: "ben")
        try assembly.expectAgreement()
        // But not where everybody must know what they mean.
        let ada = assembly["ada"]
        var plan = CommitPlan()
        plan.extensions = [Extension(grease, data: [])]
        #expect(broken { _ = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay()) } == .v75)
    }

    @Test func aChangeOfOnesOwnLeafBringsAPath() throws {
        var assembly = try Assembly(["ada", "ben"])
        let cyd = try Party("cyd")
        let bundle = try cyd.bundle()
        var change = LeafChange()
        change.extensions = [Extension(Party.policy, data: [9])]
        let pending = try assembly.commit(by: "ada", joining: [(cyd, bundle)]) {
            $0.adds = [bundle.keyPackage]
            $0.forcesPath = false
            $0.leaf = change
        }
        #expect(pending.facts.committerUpdate?.extensions == change.extensions)
        try assembly.expectAgreement()
    }
}
