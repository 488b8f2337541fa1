import Sodium
import Testing
import WireFormat

@testable import MLS

/// External commits that break one rule of §12.2 or §12.4.3.2 each.
@Suite struct ExternalCommitRuleTests {
    /// What is changed in an external commit before it is signed.
    struct Forgery: Sendable {
        var proposals: @Sendable ([Proposal]) throws -> [Proposal] = { $0 }
        var references: [ProposalRef] = []
        var replacing: LeafIndex?
        var path: @Sendable (UpdatePath) throws -> UpdatePath = { $0 }
        var leafKey: [UInt8]?
        var signer: Ed25519.PrivateKey?
    }

    /// Fay joins by a commit, with something wrong in it; what Ben makes of that.
    private func rule(_ edit: (inout Forgery, Assembly) throws -> Void) throws -> Rule? {
        let assembly = try Assembly(["ada", "ben", "cyd", "dot", "eve"])
        var forgery = Forgery()
        try edit(&forgery, assembly)
        let group = assembly["ada"].group
        let (suite, fay) = (group.suite, try Party("fay"))
        let external = try suite.deriveKeyPair(group.activeSecrets().externalSecret)
        let (kemOutput, _) = try suite.externalInit(to: external.publicKey)
        var honest = [Proposal.externalInit(kemOutput: kemOutput)]
        if let old = forgery.replacing { honest.append(.remove(old)) }
        var tree = group.tree
        if let old = forgery.replacing { try tree.remove(old) }
        let place = try tree.makeRoom()
        var keys = TreePrivateKeys(index: place, keys: [:])
        let made = try TreeKEM.makePath(
            tree: &tree, keys: &keys, groupID: group.id,
            template: LeafTemplate(
                signer: fay.signer, credential: .basic(identity: fay.identity), capabilities: Party.capabilities,
                extensions: []))
        let leaf = LeafNode(
            encryptionKey: forgery.leafKey ?? made.leaf.encryptionKey, signer: fay.signer,
            credential: made.leaf.credential, capabilities: made.leaf.capabilities, source: made.leaf.source,
            extensions: [], suite: suite, groupID: group.id, index: place)
        var context = group.context
        context.epoch = Epoch(context.epoch.value + 1)
        context.treeHash = tree.treeHash()
        let path = try TreeKEM.encrypt(
            TreeKEM.NewPath(
                steps: made.steps, pathSecrets: made.pathSecrets, publicKeys: made.publicKeys, leaf: leaf),
            in: tree, excluding: [], context: context)
        let entries =
            try forgery.proposals(honest).map { ProposalOrRef.proposal($0) }
            + forgery.references.map { .reference($0) }
        let framed = FramedContent(
            groupID: group.id, epoch: group.epoch, sender: .newMemberCommit, authenticatedData: [],
            content: .commit(Commit(proposals: entries, path: try forgery.path(path))))
        let signed = AuthenticatedContent.sign(
            framed, format: .publicMessage, context: group.context, suite: suite,
            signer: forgery.signer ?? fay.signer
        ).adding(confirmationTag: [UInt8](repeating: 1, count: 32))
        let message = MLSMessage.publicMessage(PublicMessage(fromOutside: signed)).encoded
        var ben = assembly["ben"].group
        let rule = broken { _ = try ben.process(message, judge: AnyoneMay()) }
        #expect(stored(ben) == stored(assembly["ben"].group))
        return rule
    }

    @Test func anHonestOneIsRefusedForItsTagOnly() throws {
        #expect(try rule { _, _ in } == .v20)
        #expect(try rule { forgery, assembly in forgery.replacing = assembly.index(of: "cyd") } == .v20)
    }

    @Test func refusesOtherSigners() throws {
        #expect(try rule { forgery, _ in forgery.signer = try Party("eve").signer } == .v15)
    }

    @Test func refusesTheWrongProposals() throws {
        #expect(try rule { forgery, _ in forgery.proposals = { _ in [] } } == .v90)
        #expect(try rule { forgery, _ in forgery.proposals = { $0 + $0 } } == .v90)
        #expect(
            try rule { forgery, _ in
                forgery.proposals = { $0 + [.remove(LeafIndex(2)), .remove(LeafIndex(3))] }
            } == .v91)
        #expect(try rule { forgery, _ in forgery.proposals = { $0 + [.groupContextExtensions([])] } } == .v92)
        #expect(
            try rule { forgery, _ in
                forgery.proposals = { $0 + [try KeyPackageForgery(Party("gus")).proposal()] }
            } == .v92)
        #expect(
            try rule { forgery, _ in forgery.references = [ProposalRef(bytes: [UInt8](repeating: 1, count: 32))] }
                == .v93)
        #expect(try rule { forgery, _ in forgery.proposals = { $0 + [.remove(LeafIndex(7))] } } == .v70)
        #expect(
            try rule { forgery, _ in
                forgery.proposals = { proposals in
                    [.externalInit(kemOutput: [UInt8](repeating: 0, count: 32))] + proposals.dropFirst()
                }
            } == .v96)
        #expect(
            try rule { forgery, _ in
                forgery.proposals = { $0.dropFirst() + [.externalInit(kemOutput: [1])] }
            } == .v96)
    }

    @Test func aResyncRenewsItsKey() throws {
        #expect(
            try rule { forgery, assembly in
                let index = assembly.index(of: "cyd")
                forgery.replacing = index
                forgery.leafKey = try #require(assembly["ada"].group.member(at: index)).encryptionKey
            } == .v95)
    }

    @Test func whoIsInIsNotJoined() throws {
        // Ada's own GroupInfo, and a commit by which she would be in the group twice.
        let assembly = try Assembly(["ada", "ben"])
        let info = try assembly["ada"].group.groupInfo(signer: assembly["ada"].party.signer)
        #expect(broken { _ = try Party("ben").joinByCommit(info) } == .v42)
    }
}
