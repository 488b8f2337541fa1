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
                    #expect(refusal { _ = try party.join(welcome, with: bundles[number]) } == .notForMe)
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
        info change: (GroupInfo, Ed25519.PrivateKey) throws -> GroupInfo = { info, _ in info },
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
            honest, entry: try #require(honest.secrets.first), bundle: bundle, preSharedKeys: { _ in nil }, suite: suite
        )
        let info = try change(opened.groupInfo, ada.signer)
        let key = try WelcomeKey(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: opened.secrets.joinerSecret, pskSecret: opened.pskSecret, suite: suite), suite: suite)
        let sealed = try suite.seal(info.encoded, key: key.key, nonce: key.nonce, aad: [])
        let secrets = try suite.encrypt(
            changeSecrets(opened.secrets).encoded().exposedCopy(), to: bundle.keyPackage.content.initKey,
            label: "Welcome", context: sealed)
        let forged = Welcome(
            cipherSuite: suite.rawValue,
            secrets: [Welcome.Secrets(newMember: bundle.reference, encryptedGroupSecrets: secrets)],
            encryptedGroupInfo: sealed)
        return try ben.join(MLSMessage.welcome(forged).encoded, with: bundle)
    }

    private func resigned(
        _ info: GroupInfo, by key: Ed25519.PrivateKey, context: GroupContext? = nil, extensions: [Extension]? = nil,
        tag: [UInt8]? = nil, signer: LeafIndex? = nil
    ) -> GroupInfo {
        GroupInfo(
            context: context ?? info.context, extensions: extensions ?? info.extensions,
            confirmationTag: tag ?? info.confirmationTag, signer: signer ?? info.signer, key: key)
    }

    @Test func theForgeryItselfIsSound() throws {
        #expect(try join().isActive)
        #expect(try join(info: { resigned($0, by: $1) }).isActive)
    }

    @Test func refusesAGroupInfoOfAnotherSigner() throws {
        let eve = try Party("eve").signer
        #expect(refusal { _ = try join(info: { info, _ in resigned(info, by: eve) }) } == .invalidSignature)
        #expect(
            refusal { _ = try join(info: { resigned($0, by: $1, signer: LeafIndex(1)) }) } == .invalidSignature)
        for outside in [LeafIndex(2), LeafIndex(.max)] {
            #expect(
                refusal { _ = try join(info: { resigned($0, by: $1, signer: outside) }) } == .unknownSender)
        }
    }

    @Test func refusesAnotherConfirmationTag() {
        #expect(
            refusal { _ = try join(info: { resigned($0, by: $1, tag: [UInt8](repeating: 0, count: 32)) }) }
                == .invalidConfirmationTag)
        #expect(refusal { _ = try join(info: { resigned($0, by: $1, tag: []) }) } == .invalidConfirmationTag)
    }

    @Test func refusesAnotherContext() {
        func changed(_ change: @escaping (inout GroupContext) -> Void) -> MLSError.Code? {
            refusal {
                _ = try join(info: { info, key in
                    var context = info.context
                    change(&context)
                    return resigned(info, by: key, context: context)
                })
            }
        }
        #expect(changed { $0.treeHash[0] ^= 1 } == .wrongTreeHash)
        #expect(changed { $0.epoch = Epoch(9) } == .invalidConfirmationTag)
        #expect(changed { $0.confirmedTranscriptHash = [] } == .invalidConfirmationTag)
        let policy = Extension(Party.policy, data: [])
        #expect(changed { $0.extensions = [policy, policy] } == .duplicateExtension)
        #expect(changed { $0.extensions = [Extension(ExtensionType(0xf2f2), data: [])] } == .missingCapability)
        #expect(
            changed {
                $0.extensions = [RequiredCapabilities(extensions: [], proposals: [0xf300]).asExtension]
            } == .requiredCapabilityMissing)
        #expect(changed { $0.extensions = [Extension(.requiredCapabilities, data: [9])] } == .malformed)
    }

    @Test func refusesAnotherTree() throws {
        let stranger = try Assembly(["eve", "fay"])["eve"].group.tree.encoded
        #expect(refusal { _ = try join(info: { resigned($0, by: $1, extensions: []) }) } == .missingTree)
        #expect(
            refusal {
                _ = try join(info: {
                    resigned($0, by: $1, extensions: [Extension(.ratchetTree, data: stranger)])
                })
            } == .wrongTreeHash)
        #expect(
            refusal {
                _ = try join(info: { info, key in
                    resigned(info, by: key, extensions: info.extensions + info.extensions)
                })
            } == .duplicateExtension)
    }

    @Test func refusesATreeWithoutOneself() throws {
        // A valid tree of another group, with a context that fits it.
        let other = try Assembly(["ada", "cyd"])["ada"].group
        let code = refusal {
            _ = try join(info: { info, key in
                var context = info.context
                context.treeHash = other.context.treeHash
                return resigned(
                    info, by: key, context: context,
                    extensions: [Extension(.ratchetTree, data: other.tree.encoded)])
            })
        }
        #expect(code == .ownLeafMissing)
    }

    @Test func refusesBadSecrets() {
        func with(path: SecretBytes?, psks: [PreSharedKeyID] = []) -> MLSError.Code? {
            refusal {
                _ = try join(secrets: {
                    GroupSecrets(joinerSecret: $0.joinerSecret, pathSecret: path, preSharedKeys: psks)
                })
            }
        }
        #expect(with(path: .random(count: 32)) == .wrongPathKey)
        #expect(with(path: .random(count: 31)) == .wrongPathKey)
        let psk = PreSharedKeyID(kind: .external(id: [1]), nonce: [UInt8](repeating: 1, count: 32))
        #expect(with(path: nil, psks: [psk]) == .unknownPSK)
        #expect(with(path: nil, psks: [psk, psk]) == .invalidProposalList)
        let code = refusal {
            _ = try join(secrets: {
                GroupSecrets(joinerSecret: .random(count: 32), pathSecret: $0.pathSecret, preSharedKeys: [])
            })
        }
        #expect(code == .decryptionFailed)
    }
}
