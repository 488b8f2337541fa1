import Sodium
import Testing
import WireFormat

@testable import MLS

/// Commits of an insider, each breaking one rule of §12 or §7, and refused with that rule's code; nothing of them sticks.
@Suite struct CommitRuleTests {
    struct Forgery: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: MLS.Rule
        /// Ada's forged commit, for Ben to refuse.
        let forge: @Sendable (_ ada: Insider, _ assembly: Assembly) throws -> [UInt8]
        var testDescription: String { name }

        init(
            _ name: String, _ rule: MLS.Rule,
            _ forge: @escaping @Sendable (_ ada: Insider, _ assembly: Assembly) throws -> [UInt8]
        ) {
            self.name = name
            self.rule = rule
            self.forge = forge
        }
    }

    /// Five members; the fifth place of eight is the last one filled, the sixth to eighth are blank.
    private static func assembly() throws -> Assembly { try Assembly(["ada", "ben", "cyd", "dot", "eve"]) }

    @Test(arguments: proposalRules + pathRules)
    func refuses(_ rule: Forgery) throws {
        var assembly = try Self.assembly()
        let forged = try rule.forge(Insider(assembly["ada"]), assembly)
        let before = stored(assembly["ben"].group)
        #expect(broken { _ = try assembly["ben"].group.process(forged, judge: AnyoneMay()) } == rule.rule)
        #expect(stored(assembly["ben"].group) == before)
        // The group lives on, with the same generation of Ada's ratchet.
        try assembly.commit(by: "ada")
        try assembly.expectAgreement()
    }

    @Test(
        "What all can check alike is invalid; what one alone decrypts is unusable, and says whose it is and what it does"
    )
    func unusable() throws {
        for rule in Self.proposalRules + Self.pathRules {
            let assembly = try Self.assembly()
            let forged = try rule.forge(Insider(assembly["ada"]), assembly)
            var ben = assembly["ben"].group
            let isMine = rule.rule == .v107 || rule.rule == .v108
            do {
                _ = try ben.process(forged, judge: AnyoneMay())
            } catch let error as UnusableCommit {
                #expect(isMine && error.cause.rule == rule.rule, "\(rule)")
                #expect(error.facts.committer.index == assembly.index(of: "ada") && error.facts.removed.isEmpty)
            } catch {
                #expect(!isMine, "\(rule)")
            }
        }
    }

    @Test func anHonestPathWithABadTagIsRefusedForTheTagOnly() throws {
        var assembly = try Self.assembly()
        let ada = Insider(assembly["ada"])
        let forged = try ada.commit([], path: ada.path())
        let before = stored(assembly["ben"].group)
        #expect(
            broken { _ = try assembly["ben"].group.process(forged, judge: AnyoneMay()) } == .v20)
        #expect(stored(assembly["ben"].group) == before)
    }

    // MARK: Lists of proposals (§12.1, §12.2)

    private static func psk(
        _ kind: PreSharedKeyID.Kind = .external(id: [1]), nonce: Int = 32
    ) -> Proposal {
        .preSharedKey(PreSharedKeyID(kind: kind, nonce: [UInt8](repeating: 5, count: nonce)))
    }

    static let proposalRules = [
        Forgery("an Update of its own", .v80) { ada, _ in
            try ada.commit([.update(ada.path().leafNode)], path: ada.path())
        },
        Forgery("a Remove of itself", .v81) { ada, _ in
            try ada.commit([.remove(ada.group.ownIndex)], path: ada.path())
        },
        Forgery("a Remove of a blank leaf", .v70) { ada, _ in
            try ada.commit([.remove(LeafIndex(6))], path: ada.path())
        },
        Forgery("a Remove of a leaf outside the tree", .v70) { ada, _ in
            try ada.commit([.remove(LeafIndex(8))], path: ada.path())
        },
        Forgery("a Remove of the last number there is", .v70) { ada, _ in
            try ada.commit([.remove(LeafIndex(.max))], path: ada.path())
        },
        Forgery("one leaf removed twice", .v82) { ada, assembly in
            let cyd = assembly.index(of: "cyd")
            return try ada.commit([.remove(cyd), .remove(cyd)], path: ada.path())
        },
        Forgery("extensions set twice", .v87) { ada, _ in
            try ada.commit([.groupContextExtensions([]), .groupContextExtensions([])], path: ada.path())
        },
        Forgery("one extension twice", .v37) { ada, _ in
            let policy = Extension(Party.policy, data: [])
            return try ada.commit([.groupContextExtensions([policy, policy])], path: ada.path())
        },
        Forgery("an extension that members lack", .v75) { ada, _ in
            try ada.commit(
                [.groupContextExtensions([Extension(ExtensionType(0xf999), data: [])])], path: ada.path())
        },
        Forgery("a requirement that members lack", .v74) { ada, _ in
            let required = RequiredCapabilities(extensions: [ExtensionType(0xf999)]).asExtension
            return try ada.commit([.groupContextExtensions([required])], path: ada.path())
        },
        Forgery("one pre-shared key twice", .v86) { ada, _ in
            try ada.commit([psk(), psk()], path: ada.path())
        },
        Forgery("a pre-shared key with a short nonce", .v71) { ada, _ in
            try ada.commit([psk(nonce: 31)], path: ada.path())
        },
        Forgery("a pre-shared key for a ReInit", .v72) { ada, _ in
            try ada.commit(
                [psk(.resumption(usage: .reInit, groupID: [1], epoch: Epoch(0)))], path: ada.path())
        },
        Forgery("a pre-shared key for a branch", .v72) { ada, _ in
            try ada.commit(
                [psk(.resumption(usage: .branch, groupID: [1], epoch: Epoch(0)))], path: ada.path())
        },
        Forgery("an unknown pre-shared key", .v109) { ada, _ in try ada.commit([psk()], path: ada.path()) },
        Forgery("a ReInit with another proposal", .v88) { ada, assembly in
            let reInit = Proposal.reInit(ReInit(groupID: [9], extensions: []))
            return try ada.commit([reInit, .remove(assembly.index(of: "cyd"))], path: ada.path())
        },
        Forgery("a ReInit to an older version", .v73) { ada, _ in
            try ada.commit([Proposal(decoding: [0, 5, 1, 9, 0, 0, 0, 3, 0])])
        },
        Forgery("an ExternalInit", .v85) { ada, _ in
            try ada.commit([.externalInit(kemOutput: [1])], path: ada.path())
        },
        Forgery("an unknown reference", .v101) { ada, _ in
            let reference = ProposalRef(bytes: [UInt8](repeating: 1, count: 32))
            return try ada.send(.commit(Commit(proposals: [.reference(reference)], path: ada.path())))
        },
        Forgery("a Remove without a path", .v100) { ada, assembly in
            try ada.commit([.remove(assembly.index(of: "cyd"))])
        },
        Forgery("nothing, without a path", .v100) { ada, _ in try ada.commit([]) },
        Forgery("extensions without a path", .v100) { ada, _ in try ada.commit([.groupContextExtensions([])]) },
        Forgery("an Add of a member", .v84) { ada, _ in
            try ada.commit([KeyPackageForgery(Party("cyd")).proposal()])
        },
        Forgery("one client added twice", .v83) { ada, _ in
            let fay = try Party("fay")
            return try ada.commit([KeyPackageForgery(fay).proposal(), KeyPackageForgery(fay).proposal()])
        },
        Forgery("an Add with a member's encryption key", .v43) { ada, assembly in
            var package = KeyPackageForgery(try Party("fay"))
            package.leafKey = try member("cyd", of: assembly).encryptionKey
            return try ada.commit([package.proposal()])
        },
        Forgery("an Add with a parent's encryption key", .v43) { ada, _ in
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
        Forgery("a leaf for a key package", .v40) { ada, _ in
            try ada.commit([], path: ada.path { $0.source = { _ in .keyPackage(Party.lifetime) } })
        },
        Forgery("a leaf for an Update", .v40) { ada, _ in
            try ada.commit([], path: ada.path { $0.source = { _ in .update } })
        },
        Forgery("the old encryption key", .v102) { ada, assembly in
            let old = try member("ada", of: assembly).encryptionKey
            return try ada.commit([], path: ada.path { $0.leafKey = old })
        },
        Forgery("another member's encryption key", .v103) { ada, assembly in
            let other = try member("cyd", of: assembly).encryptionKey
            return try ada.commit([], path: ada.path { $0.leafKey = other })
        },
        Forgery("another member's signature key", .v42) { ada, _ in
            try ada.commit([], path: ada.path { $0.signer = try? Party("cyd").signer })
        },
        Forgery("a leaf signed for another place", .v30) { ada, _ in
            try ada.commit([], path: ada.path { $0.index = LeafIndex(4) })
        },
        Forgery("a leaf without the suite", .v31) { ada, _ in
            let capabilities = try Capabilities.forged(suites: [1])
            return try ada.commit([], path: ada.path { $0.capabilities = capabilities })
        },
        Forgery("a leaf extension not listed", .v36) { ada, _ in
            try ada.commit(
                [], path: ada.path { $0.extensions = [Extension(ExtensionType(0xf888), data: [])] })
        },
        Forgery("a wrong parent hash", .v106) { ada, _ in
            try ada.commit([], path: ada.path { $0.source = { _ in .commit(parentHash: []) } })
        },
        Forgery("another key in a node", .v106) { ada, _ in
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
        Forgery("a node's key of another size", .v45) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { nodes in withKey([1], nodes) } })
        },
        Forgery("a node's key of small order", .v45) { ada, _ in
            let zero = [UInt8](repeating: 0, count: 32)
            return try ada.commit([], path: ada.path { $0.nodes = { nodes in withKey(zero, nodes) } })
        },
        Forgery("a node too few", .v104) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { Array($0.dropLast()) } })
        },
        Forgery("no nodes", .v104) { ada, _ in try ada.commit([], path: ada.path { $0.nodes = { _ in [] } }) },
        Forgery("a node too many", .v103) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { $0 + $0.suffix(1) } })
        },
        Forgery("a ciphertext too many", .v105) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { editCiphertexts($0) { $0 + $0 } } })
        },
        Forgery("no ciphertexts", .v105) { ada, _ in
            try ada.commit([], path: ada.path { $0.nodes = { editCiphertexts($0) { _ in [] } } })
        },
        Forgery("altered ciphertexts", .v107) { ada, _ in
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
        Forgery("an encapsulated key of small order", .v107) { ada, _ in
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
        Forgery("secrets of other keys", .v108) { ada, _ in
            try ada.commit([], path: ada.path { $0.hasOtherSecrets = true })
        },
    ]

    /// The last node's key, which is the one that most members do not derive themselves.
    private static func withKey(_ key: [UInt8], _ nodes: [UpdatePath.Node]) -> [UpdatePath.Node] {
        nodes.dropLast()
            + nodes.suffix(1).map {
                UpdatePath.Node(encryptionKey: key, encryptedPathSecrets: $0.encryptedPathSecrets)
            }
    }

    private static func editCiphertexts(
        _ nodes: [UpdatePath.Node], _ edit: ([HPKECiphertext]) -> [HPKECiphertext]
    ) -> [UpdatePath.Node] {
        nodes.map {
            UpdatePath.Node(encryptionKey: $0.encryptionKey, encryptedPathSecrets: edit($0.encryptedPathSecrets))
        }
    }
}
