import Sodium
import Testing
import WireFormat

@testable import MLS

/// Commits of an insider, each breaking one rule of §12 or §7, and refused with that rule's code; nothing of them sticks.
@Suite struct CommitRuleTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        let name: String
        let code: MLSError.Code
        /// Ada's forged commit, for Ben to refuse.
        let forge: @Sendable (_ ada: Insider, _ assembly: Assembly) throws -> [UInt8]
        var testDescription: String { name }

        init(
            _ name: String, _ code: MLSError.Code,
            _ forge: @escaping @Sendable (_ ada: Insider, _ assembly: Assembly) throws -> [UInt8]
        ) {
            self.name = name
            self.code = code
            self.forge = forge
        }
    }

    /// Five members; the fifth place of eight is the last one filled, the sixth to eighth are blank.
    private static func assembly() throws -> Assembly { try Assembly(["ada", "ben", "cyd", "dot", "eve"]) }

    @Test(arguments: proposalRules + pathRules)
    func refuses(_ rule: Rule) throws {
        var assembly = try Self.assembly()
        let forged = try rule.forge(Insider(assembly["ada"]), assembly)
        let before = stored(assembly["ben"].group)
        #expect(refusal { _ = try assembly["ben"].group.process(forged, judge: AnyoneMay()) } == rule.code)
        #expect(stored(assembly["ben"].group) == before)
        // The group lives on, with the same generation of Ada's ratchet.
        try assembly.commit(by: "ada")
        try assembly.expectAgreement()
    }

    @Test func anHonestPathWithABadTagIsRefusedForTheTagOnly() throws {
        var assembly = try Self.assembly()
        let ada = Insider(assembly["ada"])
        let forged = try ada.commit([], path: ada.path())
        let before = stored(assembly["ben"].group)
        #expect(
            refusal { _ = try assembly["ben"].group.process(forged, judge: AnyoneMay()) } == .invalidConfirmationTag)
        #expect(stored(assembly["ben"].group) == before)
    }

    // MARK: Lists of proposals (§12.1, §12.2)

    private static func psk(
        _ kind: PreSharedKeyID.Kind = .external(id: [1]), nonce: Int = 32
    ) -> Proposal {
        .preSharedKey(PreSharedKeyID(kind: kind, nonce: [UInt8](repeating: 5, count: nonce)))
    }

    static let proposalRules = [
        Rule("an Update of its own", .committerUpdate) { ada, _ in
            try ada.commit([.update(ada.path().leafNode)], path: ada.path())
        },
        Rule("a Remove of itself", .invalidRemove) { ada, _ in
            try ada.commit([.remove(ada.group.ownIndex)], path: ada.path())
        },
        Rule("a Remove of a blank leaf", .invalidRemove) { ada, _ in
            try ada.commit([.remove(LeafIndex(6))], path: ada.path())
        },
        Rule("a Remove of a leaf outside the tree", .invalidRemove) { ada, _ in
            try ada.commit([.remove(LeafIndex(8))], path: ada.path())
        },
        Rule("a Remove of the last number there is", .invalidRemove) { ada, _ in
            try ada.commit([.remove(LeafIndex(.max))], path: ada.path())
        },
        Rule("one leaf removed twice", .invalidProposalList) { ada, assembly in
            let cyd = assembly.index(of: "cyd")
            return try ada.commit([.remove(cyd), .remove(cyd)], path: ada.path())
        },
        Rule("extensions set twice", .invalidProposalList) { ada, _ in
            try ada.commit([.groupContextExtensions([]), .groupContextExtensions([])], path: ada.path())
        },
        Rule("one extension twice", .duplicateExtension) { ada, _ in
            let policy = Extension(Party.policy, data: [])
            return try ada.commit([.groupContextExtensions([policy, policy])], path: ada.path())
        },
        Rule("an extension that members lack", .missingCapability) { ada, _ in
            try ada.commit(
                [.groupContextExtensions([Extension(ExtensionType(0xf999), data: [])])], path: ada.path())
        },
        Rule("a requirement that members lack", .requiredCapabilityMissing) { ada, _ in
            let required = RequiredCapabilities(extensions: [ExtensionType(0xf999)]).asExtension
            return try ada.commit([.groupContextExtensions([required])], path: ada.path())
        },
        Rule("requirements that cannot be read", .malformed) { ada, _ in
            try ada.commit(
                [.groupContextExtensions([Extension(.requiredCapabilities, data: [1])])], path: ada.path())
        },
        Rule("one pre-shared key twice", .invalidProposalList) { ada, _ in
            try ada.commit([psk(), psk()], path: ada.path())
        },
        Rule("a pre-shared key with a short nonce", .invalidProposalList) { ada, _ in
            try ada.commit([psk(nonce: 31)], path: ada.path())
        },
        Rule("a pre-shared key for a ReInit", .invalidProposalList) { ada, _ in
            try ada.commit(
                [psk(.resumption(usage: .reInit, groupID: [1], epoch: Epoch(0)))], path: ada.path())
        },
        Rule("a pre-shared key for a branch", .invalidProposalList) { ada, _ in
            try ada.commit(
                [psk(.resumption(usage: .branch, groupID: [1], epoch: Epoch(0)))], path: ada.path())
        },
        Rule("an unknown pre-shared key", .unknownPSK) { ada, _ in try ada.commit([psk()], path: ada.path()) },
        Rule("a ReInit", .unsupportedFeature) { ada, _ in
            try ada.commit([Proposal(decoding: [0, 5, 1, 9, 0, 1, 0, 3, 0])])
        },
        Rule("an ExternalInit", .unsupportedFeature) { ada, _ in
            try ada.commit([.externalInit(kemOutput: [1])], path: ada.path())
        },
        Rule("an unknown reference", .unknownProposal) { ada, _ in
            let reference = ProposalRef(bytes: [UInt8](repeating: 1, count: 32))
            return try ada.send(.commit(Commit(proposals: [.reference(reference)], path: ada.path())))
        },
        Rule("a Remove without a path", .missingPath) { ada, assembly in
            try ada.commit([.remove(assembly.index(of: "cyd"))])
        },
        Rule("nothing, without a path", .missingPath) { ada, _ in try ada.commit([]) },
        Rule("extensions without a path", .missingPath) { ada, _ in try ada.commit([.groupContextExtensions([])]) },
        Rule("an Add of a member", .duplicateSignatureKey) { ada, _ in
            try ada.commit([KeyPackageForgery(Party("cyd")).proposal()])
        },
        Rule("one client added twice", .duplicateSignatureKey) { ada, _ in
            let fay = try Party("fay")
            return try ada.commit([KeyPackageForgery(fay).proposal(), KeyPackageForgery(fay).proposal()])
        },
        Rule("an Add with a member's encryption key", .duplicateEncryptionKey) { ada, assembly in
            var package = KeyPackageForgery(try Party("fay"))
            package.leafKey = try member("cyd", of: assembly).encryptionKey
            return try ada.commit([package.proposal()])
        },
        Rule("an Add with a parent's encryption key", .duplicateEncryptionKey) { ada, _ in
            var package = KeyPackageForgery(try Party("fay"))
            package.leafKey = try #require(ada.group.tree.encryptionKey(of: ada.group.tree.root))
            return try ada.commit([package.proposal()])
        },
    ]

    /// §7.3: of both directions. The library itself must not make such a commit either.
    @Test(arguments: [[1, 2], [2]] as [[UInt16]])
    func refusesCredentialsThatOthersDoNotSupport(_ supported: [UInt16]) throws {
        var assembly = try Self.assembly()
        var package = KeyPackageForgery(try Party("fay"))
        package.credential = .x509(chain: [[1]])
        package.capabilities = try .forged(credentials: supported)
        let forged = try Insider(assembly["ada"]).commit([package.proposal()])
        #expect(
            refusal { _ = try assembly["ben"].group.process(forged, judge: AnyoneMay()) } == .missingCapability)
        var plan = CommitPlan()
        plan.adds = [try KeyPackage(decoding: package.message)]
        let ada = assembly["ada"]
        #expect(
            refusal { _ = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay()) }
                == .missingCapability)
    }

    private static func member(_ name: String, of assembly: Assembly) throws -> LeafNode {
        try #require(assembly["ada"].group.member(at: assembly.index(of: name)))
    }

    // MARK: Paths (§7.5, §7.9, §12.4.2)

    static let pathRules = [
        Rule("a leaf for a key package", .wrongLeafNodeSource) { ada, _ in
            try ada.commit([], path: ada.path { $0.source = { _ in .keyPackage(Party.lifetime) } })
        },
        Rule("a leaf for an Update", .wrongLeafNodeSource) { ada, _ in
            try ada.commit([], path: ada.path { $0.source = { _ in .update } })
        },
        Rule("the old encryption key", .encryptionKeyNotRenewed) { ada, assembly in
            let old = try member("ada", of: assembly).encryptionKey
            return try ada.commit([], path: ada.path { $0.leafKey = old })
        },
        Rule("another member's encryption key", .duplicateEncryptionKey) { ada, assembly in
            let other = try member("cyd", of: assembly).encryptionKey
            return try ada.commit([], path: ada.path { $0.leafKey = other })
        },
        Rule("another member's signature key", .duplicateSignatureKey) { ada, _ in
            try ada.commit([], path: ada.path { $0.signer = try? Party("cyd").signer })
        },
        Rule("a leaf signed for another place", .invalidSignature) { ada, _ in
            try ada.commit([], path: ada.path { $0.index = LeafIndex(4) })
        },
        Rule("a leaf without the suite", .missingCapability) { ada, _ in
            let capabilities = try Capabilities.forged(suites: [1])
            return try ada.commit([], path: ada.path { $0.capabilities = capabilities })
        },
        Rule("a leaf extension not listed", .missingCapability) { ada, _ in
            try ada.commit(
                [], path: ada.path { $0.extensions = [Extension(ExtensionType(0xf888), data: [])] })
        },
        Rule("a wrong parent hash", .invalidParentHash) { ada, _ in
            try ada.commit([], path: ada.path { $0.source = { _ in .commit(parentHash: []) } })
        },
        Rule("another key in a node", .invalidParentHash) { ada, _ in
            let key = ada.suite.generateKeyPair().publicKey
            return try ada.commit(
                [],
                path: ada.path {
                    $0.nodes = { nodes in
                        [UpdatePath.Node(encryptionKey: key, encryptedPathSecrets: nodes[0].encryptedPathSecrets)]
                            + nodes.dropFirst()
                    }
                })
        },
        Rule("a node too few", .invalidPath) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { Array($0.dropLast()) } })
        },
        Rule("no nodes", .invalidPath) { ada, _ in try ada.commit([], path: ada.path { $0.nodes = { _ in [] } }) },
        Rule("a node too many", .invalidPath) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { $0 + $0.suffix(1) } })
        },
        Rule("a ciphertext too many", .invalidPath) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { editCiphertexts($0) { $0 + $0 } } })
        },
        Rule("no ciphertexts", .invalidPath) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { editCiphertexts($0) { _ in [] } } })
        },
        Rule("altered ciphertexts", .decryptionFailed) { ada, _ in
            try ada.commit(
                [],
                path: ada.path {
                    $0.nodes = {
                        editCiphertexts($0) { ciphertexts in
                            ciphertexts.map {
                                HPKECiphertext(kemOutput: $0.kemOutput, ciphertext: $0.ciphertext.map { $0 ^ 1 })
                            }
                        }
                    }
                })
        },
        Rule("an encapsulated key of small order", .decryptionFailed) { ada, _ in
            try ada.commit(
                [],
                path: ada.path {
                    $0.nodes = {
                        editCiphertexts($0) { ciphertexts in
                            ciphertexts.map {
                                HPKECiphertext(
                                    kemOutput: [UInt8](repeating: 0, count: 32), ciphertext: $0.ciphertext)
                            }
                        }
                    }
                })
        },
        Rule("secrets of other keys", .wrongPathKey) { ada, _ in
            try ada.commit([], path: ada.path { $0.hasOtherSecrets = true })
        },
    ]

    private static func editCiphertexts(
        _ nodes: [UpdatePath.Node], _ edit: ([HPKECiphertext]) -> [HPKECiphertext]
    ) -> [UpdatePath.Node] {
        nodes.map {
            UpdatePath.Node(encryptionKey: $0.encryptionKey, encryptedPathSecrets: edit($0.encryptedPathSecrets))
        }
    }
}
