import Sodium
import Testing
import WireFormat

@testable import MLS

@Suite struct WelcomeTests {
    /// Welcomes of one commit, split in three; with the bundles of those who are added.
    private func split() throws -> (pending: PendingCommit, parties: [Party], bundles: [KeyPackageBundle]) {
        let ada = try Party("ada")
        let parties = try ["ben", "cyd", "dot", "eve"].map { try Party($0) }
        let bundles = try parties.map { try $0.bundle() }
        var plan = CommitPlan()
        plan.adds = bundles.map(\.keyPackage)
        plan.welcomeSplit = [[0, 3], [1], [2]]
        return (try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay()), parties, bundles)
    }

    private func welcome(_ bytes: [UInt8]) throws -> Welcome {
        guard case .welcome(let welcome) = try MLSMessage(checking: bytes) else { throw UnexpectedResult() }
        return welcome
    }

    @Test func splitWelcomesShareOneGroupInfo() throws {
        let (pending, parties, bundles) = try split()
        let welcomes = try pending.welcomes.map { try welcome($0) }
        #expect(welcomes.map(\.secrets.count) == [2, 1, 1])
        #expect(Set(welcomes.map(\.encryptedGroupInfo)).count == 1)
        #expect(welcomes[0].secrets.map(\.newMember) == [bundles[0].reference, bundles[3].reference])
        let places = [0, 1, 2, 0]
        for (number, party) in parties.enumerated() {
            for (place, welcome) in pending.welcomes.enumerated() {
                if place == places[number] {
                    let joined = try party.join(welcome, with: bundles[number])
                    #expect(joined.context == pending.next.context)
                    #expect(
                        try joined.epochAuthenticator().constantTimeEquals(pending.next.epochAuthenticator()))
                } else {
                    #expect(broken { _ = try party.join(welcome, with: bundles[number]) } == .v120)
                }
            }
        }
    }

    @Test func everybodyJoinsLateAndFollows() throws {
        let (pending, parties, bundles) = try split()
        let ada = try Party("ada")
        // The one who was staged joins after the others have gone on, and catches up from the first epoch.
        var sender = pending.next
        let notice = try sender.protect([42], signer: ada.signer)
        let next = try sender.commit(CommitPlan(), signer: ada.signer, judge: AnyoneMay())
        var late = try parties[2].join(pending.welcomes[2], with: bundles[2])
        guard case .application(let received) = try late.process(notice, judge: AnyoneMay()) else {
            throw UnexpectedResult()
        }
        #expect(received.plaintext == [42])
        _ = try late.process(next.message, judge: AnyoneMay())
        #expect(try late.epochAuthenticator().constantTimeEquals(next.next.epochAuthenticator()))
    }

    @Test(arguments: [[[0, 1, 2]], [[0, 1, 2, 3], [3]], [[0, 1], [2, 4]], [], [[0, 1, 2, -1]]] as [[[Int]]])
    func aSplitNamesEachOnce(_ parts: [[Int]]) throws {
        let ada = try Party("ada")
        var plan = CommitPlan()
        plan.adds = try ["ben", "cyd", "dot", "eve"].map { try Party($0).bundle().keyPackage }
        plan.welcomeSplit = parts
        let group = try ada.create()
        #expect(refusal { _ = try group.commit(plan, signer: ada.signer, judge: AnyoneMay()) } == .misuse)
    }

    @Test func aWelcomeIsForItsKeyPackageOnly() throws {
        let (pending, parties, _) = try split()
        let other = try parties[0].bundle()
        #expect(refusal { _ = try parties[0].join(pending.welcomes[0], with: other) } == .notForMe)
        #expect(refusal { _ = try parties[0].join(pending.message, with: other) } == .wrongContentType)
        #expect(refusal { _ = try parties[0].join([], with: other) } == .malformed)
    }

    // MARK: Forged

    /// Ben's Welcome, opened, changed, and closed again with the right keys: what a dishonest inviter could send.
    private func join(
        info change: (UnverifiedGroupInfo, Ed25519.PrivateKey) throws -> UnverifiedGroupInfo = { info, _ in info },
        secrets changeSecrets: (GroupSecrets) throws -> GroupSecrets = { $0 }
    ) throws -> Group {
        let (ada, ben) = (try Party("ada"), try Party("ben"))
        let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
        let bundle = try ben.bundle()
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
        let honest = try welcome(try #require(pending.welcomes.first))
        let opened = try WelcomeOpening(
            honest, entry: try #require(honest.secrets.first), bundle: bundle, suite: suite
        ) { _ in nil }
        let info = try change(opened.groupInfo, ada.signer)
        let key = try WelcomeKey(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: opened.secrets.joinerSecret, pskSecret: opened.pskSecret, suite: suite), suite: suite)
        let sealed = try suite.seal(info.encoded, key: key.key, nonce: key.nonce, aad: [])
        let secrets = try suite.labelledEncryption(label: "Welcome", context: sealed).seal(
            changeSecrets(opened.secrets).encoded(), to: bundle.keyPackage.content.initKey)
        let forged = Welcome(
            cipherSuite: suite.rawValue,
            secrets: [Welcome.Secrets(newMember: bundle.reference, encryptedGroupSecrets: secrets)],
            encryptedGroupInfo: sealed)
        return try ben.join(MLSMessage.welcome(forged).encoded, with: bundle)
    }

    private func resigned(
        _ info: UnverifiedGroupInfo, by key: Ed25519.PrivateKey, context: GroupContext? = nil,
        extensions: [Extension]? = nil,
        tag: [UInt8]? = nil, signer: LeafIndex? = nil
    ) throws -> UnverifiedGroupInfo {
        UnverifiedGroupInfo(
            context: try context ?? info.context(of: .x25519ChaCha20SHA256Ed25519),
            extensions: extensions ?? info.extensions,
            confirmationTag: tag ?? info.confirmationTag, signer: signer ?? info.signer, key: key)
    }

    @Test func theForgeryItselfIsSound() throws {
        #expect(try join().isActive)
        #expect(try join(info: { try resigned($0, by: $1) }).isActive)
    }

    @Test func refusesAGroupInfoOfAnotherSigner() throws {
        let eve = try Party("eve").signer
        #expect(broken { _ = try join(info: { info, _ in try resigned(info, by: eve) }) } == .v125)
        #expect(
            broken { _ = try join(info: { try resigned($0, by: $1, signer: LeafIndex(1)) }) } == .v125)
        for outside in [LeafIndex(2), LeafIndex(.max)] {
            #expect(
                broken { _ = try join(info: { try resigned($0, by: $1, signer: outside) }) } == .v124)
        }
    }

    @Test func refusesAnotherConfirmationTag() {
        #expect(
            broken { _ = try join(info: { try resigned($0, by: $1, tag: [UInt8](repeating: 0, count: 32)) }) }
                == .v128)
        #expect(broken { _ = try join(info: { try resigned($0, by: $1, tag: []) }) } == .v128)
    }

    @Test func refusesAnotherContext() {
        func changed(_ change: @escaping (inout GroupContext) -> Void) -> Rule? {
            broken {
                _ = try join(info: { info, key in
                    var context = try info.context(of: .x25519ChaCha20SHA256Ed25519)
                    change(&context)
                    return try resigned(info, by: key, context: context)
                })
            }
        }
        #expect(changed { $0.treeHash[0] ^= 1 } == .v60)
        #expect(changed { $0.epoch = Epoch(9) } == .v128)
        #expect(changed { $0.confirmedTranscriptHash = [] } == .v128)
        let policy = Extension(Party.policy, data: [])
        #expect(changed { $0.extensions = [policy, policy] } == .v37)
        #expect(changed { $0.extensions = [Extension(ExtensionType(0xf2f2), data: [])] } == .v44)
        #expect(
            changed {
                $0.extensions = [RequiredCapabilities(extensions: [], proposals: [0xf300]).asExtension]
            } == .v32)

    }

    @Test func refusesAnotherTree() throws {
        let stranger = try Assembly(["eve", "fay"])["eve"].group.tree.encoded
        #expect(broken { _ = try join(info: { try resigned($0, by: $1, extensions: []) }) } == .v136)
        #expect(
            broken {
                _ = try join(info: {
                    try resigned($0, by: $1, extensions: [Extension(.ratchetTree, data: stranger)])
                })
            } == .v60)
        #expect(
            broken {
                _ = try join(info: { info, key in
                    try resigned(info, by: key, extensions: info.extensions + info.extensions)
                })
            } == .v37)
    }

    @Test func refusesATreeWithoutOneself() throws {
        // A valid tree of another group, with a context that fits it.
        let other = try Assembly(["ada", "cyd"])["ada"].group
        let code = broken {
            _ = try join(info: { info, key in
                var context = try info.context(of: .x25519ChaCha20SHA256Ed25519)
                context.treeHash = other.context.treeHash
                return try resigned(
                    info, by: key, context: context,
                    extensions: [Extension(.ratchetTree, data: other.tree.encoded)])
            })
        }
        #expect(code == .v126)
    }

    @Test func refusesBadSecrets() {
        func with(path: SecretBytes?, psks: [PreSharedKeyID] = []) -> Rule? {
            broken {
                _ = try join(secrets: {
                    GroupSecrets(joinerSecret: $0.joinerSecret, pathSecret: path, preSharedKeys: psks)
                })
            }
        }
        #expect(with(path: .random(count: 32)) == .v108)
        #expect(with(path: .random(count: 31)) == .v108)
        let psk = PreSharedKeyID(kind: .external(id: [1]), nonce: [UInt8](repeating: 1, count: 32))
        #expect(with(path: nil, psks: [psk]) == .v109)
        #expect(with(path: nil, psks: [psk, psk]) == .v86)
        let short = PreSharedKeyID(kind: .external(id: [1]), nonce: [1])
        #expect(with(path: nil, psks: [short]) == .v71)
        let continued = [PreSharedKeyID.Usage.reInit, .branch].map {
            PreSharedKeyID(
                kind: .resumption(usage: $0, groupID: [1], epoch: Epoch(1)), nonce: [UInt8](repeating: 1, count: 32))
        }
        #expect(with(path: nil, psks: continued) == .v122)
        let code = broken {
            _ = try join(secrets: {
                GroupSecrets(joinerSecret: .random(count: 32), pathSecret: $0.pathSecret, preSharedKeys: [])
            })
        }
        #expect(code == .v129)
    }

    @Test func refusesAPathSecretForNoNode() throws {
        // The joiner's own signature on the GroupInfo: nobody else's path could have led here.
        let ben = try Party("ben").signer
        #expect(
            broken { _ = try join(info: { info, _ in try resigned(info, by: ben, signer: LeafIndex(1)) }) } == .v127)
    }

    @Test func refusesAWelcomeOfAnotherSuite() throws {
        let (pending, parties, bundles) = try split()
        let honest = try welcome(pending.welcomes[1])
        let other = Welcome(cipherSuite: 1, secrets: honest.secrets, encryptedGroupInfo: honest.encryptedGroupInfo)
        #expect(
            broken { _ = try parties[1].join(MLSMessage.welcome(other).encoded, with: bundles[1]) } == .v121)
    }

    @Test func refusesAGroupInfoOfAnotherSuite() throws {
        let (pending, _, bundles) = try split()
        let honest = try welcome(pending.welcomes[1])
        let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
        let opened = try WelcomeOpening(honest, entry: honest.secrets[0], bundle: bundles[1], suite: suite) { _ in nil }
        var bytes = opened.groupInfo.encoded
        bytes[3] = 1
        let info = try UnverifiedGroupInfo(decoding: bytes)
        #expect(broken { _ = try info.context(of: suite) } == .v123)
    }
}
