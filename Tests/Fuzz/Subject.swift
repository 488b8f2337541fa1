import Sodium
import WireFormat

@testable import MLS

/// The group and the clients that a fuzzer's input meets.
struct Subject: Sendable {
    struct Open: Judge {
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
        func judge(commit: CommitFacts) {}
        func judge(externalCommit: CommitFacts) {}
        func judge(closing: CommitFacts) {}
    }

    let signers: [Ed25519.PrivateKey]
    /// Of the first and the second of three members, in the same epoch.
    let first: Group
    let second: Group
    let bundle: KeyPackageBundle
    let welcome: [UInt8]

    /// - Precondition: the library works, which other tests see to.
    static func made() -> Subject {
        do { return try Subject() } catch { preconditionFailure("\(error)") }
    }

    private init() throws {
        signers = (0..<4).map { _ in Ed25519.PrivateKey() }
        let lifetime = Lifetime(notBefore: 0, notAfter: .max)
        let bundles = try signers.map {
            try KeyPackageBundle.generate(
                identity: [1], signer: $0, lifetime: lifetime, capabilities: Capabilities(extensions: [.init(0xf101)]))
        }
        let start = try Group.create(
            id: [7], identity: [1], signer: signers[0],
            capabilities: Capabilities(extensions: [ExtensionType(0xf101)]), lifetime: lifetime, extensions: [],
            judge: Open())
        var plan = CommitPlan()
        plan.adds = bundles[1...2].map(\.keyPackage)
        let pending = try start.commit(plan, signer: signers[0], judge: Open())
        first = pending.next
        second = try Group.join(
            welcome: pending.welcomes[0], bundle: { $0 == bundles[1].reference ? bundles[1] : nil }, judge: Open())
        bundle = bundles[3]
        var more = CommitPlan()
        more.adds = [bundles[3].keyPackage]
        welcome = try first.commit(more, signer: signers[0], judge: Open()).welcomes[0]
    }

    /// Content of the first member's, or of one who joins, signed and with a membership tag, whatever it is.
    func signed(_ content: Content, encoded: [UInt8], sender: Sender) throws -> [UInt8] {
        let framed = FramedContent(
            groupID: first.id, epoch: first.epoch, sender: sender, authenticatedData: [], content: content,
            encodedContent: encoded)
        var authenticated = AuthenticatedContent.sign(
            framed, format: .publicMessage, context: first.context, suite: first.suite,
            signer: sender == .newMemberCommit ? signers[3] : signers[0])
        if content.type == .commit { authenticated = authenticated.adding(confirmationTag: [1]) }
        return MLSMessage.publicMessage(
            PublicMessage(
                protecting: authenticated, membershipKey: try first.activeSecrets().membershipKey,
                context: first.context)
        ).encoded
    }
}
