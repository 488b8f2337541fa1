import Sodium
import WireFormat

@testable import MLS

extension Group {
    /// A commit as a malicious member makes it: all of it is right, but what some alone decrypt of it, or its confirmation tag.
    /// - Parameters:
    ///   - spoils: whose path secret is noise; and theirs who share a key with them.
    ///   - spoilsTag: nobody else can use it.
    func sabotagedCommit(
        _ plan: CommitPlan, signer: Ed25519.PrivateKey, spoilsTag: Bool = false, spoils: (LeafIndex) -> Bool
    ) throws -> (message: [UInt8], next: Group) {
        guard let own = tree.leaf(ownIndex) else { throw MLSError(.ownLeafMissing, "no leaf") }
        let committer = Committer.member(ownIndex)
        let committed = try proposals(of: plan)
        let list = try ProposalList(committed, committer: committer, suite: suite, usage: .application)
        var change = try EpochChange(self, applying: list, committer: committer)
        var nextKeys = keys
        let path = try change.makePath(
            keys: &nextKeys, template: LeafTemplate(own, changed: nil, signer: signer))
        let (tree, added) = (change.tree, Set(change.added))
        let nodes = zip(path.made.steps, path.sent.nodes).map { step, node in
            let recipients = tree.resolution(of: step.copathChild).filter {
                $0.leaf.map { !added.contains($0) } ?? true
            }
            let secrets = zip(recipients, node.encryptedPathSecrets).map { recipient, sealed in
                let isSpoiled = tree.members.contains { member in
                    TreeMath.isInSubtree(NodeIndex(leaf: member.index), of: recipient) && spoils(member.index)
                }
                guard isSpoiled else { return sealed }
                return HPKECiphertext(kemOutput: sealed.kemOutput, ciphertext: sealed.ciphertext.map { $0 ^ 1 })
            }
            return UpdatePath.Node(encryptionKey: node.encryptionKey, encryptedPathSecrets: secrets)
        }
        let sent = UpdatePath(leafNode: path.sent.leafNode, nodes: nodes)
        let signed = try sign(
            .commit(Commit(proposals: committed.map { .proposal($0.proposal) }, path: sent)),
            authenticatedData: plan.authenticatedData, format: .privateMessage, signer: signer)
        let outcome = try change.finish(
            initSecret: try activeSecrets().initSecret, commitSecret: path.made.pathSecrets.commitSecret,
            preSharedKeys: [], authenticated: signed)
        var sending = self
        let tag = spoilsTag ? [UInt8](repeating: 1, count: outcome.confirmationTag.count) : outcome.confirmationTag
        let message = try sending.protect(handshake: signed.adding(confirmationTag: tag), padding: plan.padding)
        return (message, entering(outcome, index: index, keys: nextKeys))
    }
}
