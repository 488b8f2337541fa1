import Sodium
import WireFormat

@testable import MLS

/// The group, the clients and the keys that a fuzzer's input meets: the same in each process.
struct Subject: Sendable {
    struct Open: Judge {
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
        func judge(commit: CommitFacts) {}
        func judge(externalCommit: CommitFacts) {}
        func judge(externalProposal: PendingProposal, in context: GroupContext) {}
        func judge(closing: CommitFacts) {}
    }

    let signers: [Ed25519.PrivateKey]
    /// Of the first and the second of three members, in the same epoch. The fourth signer may send from outside.
    let first: Group
    let second: Group
    /// What the first then said: application data of a later generation, a proposal and a commit.
    let sent: [[UInt8]]
    /// The second after the first two of those: with keys of skipped generations and a proposal.
    let later: Group
    let bundle: KeyPackageBundle
    /// Of a commit of the first that adds the fourth.
    let welcome: Welcome
    let opening: WelcomeOpening
    let decryptionKey = X25519.PrivateKey()
    let streamKey = SecretBytes.random(count: SecretStream.keyLength)
    let crowd: Crowd

    var suite: CipherSuite { first.suite }

    /// - Precondition: the library works, which other tests see to.
    static func made() -> Subject {
        do { return try Subject() } catch { fatalError("\(error)") }
    }

    private init() throws {
        let signers = (0..<4).map { _ in Ed25519.PrivateKey() }
        self.signers = signers
        let lifetime = Lifetime(notBefore: 0, notAfter: .max)
        let capabilities = Capabilities(extensions: [ExtensionType(0xf101)])
        let bundles = try signers.map {
            try KeyPackageBundle.generate(identity: [1], signer: $0, lifetime: lifetime, capabilities: capabilities)
        }
        let outside = ExternalSender(signatureKey: signers[3].publicKey.bytes, credential: .basic(identity: [1]))
        let start = try Group.create(
            id: [7], identity: [1], signer: signers[0], capabilities: capabilities, lifetime: lifetime,
            extensions: [ExternalSender.asExtension([outside])], judge: Open())
        var plan = CommitPlan()
        plan.adds = bundles[1...2].map(\.keyPackage)
        let pending = try start.commit(plan, signer: signers[0], judge: Open())
        first = pending.next
        second = try Group.join(
            welcome: pending.welcomes[0], bundle: { $0 == bundles[1].reference ? bundles[1] : nil }, judge: Open())
        var speaker = first
        _ = try speaker.protect([1], signer: signers[0])
        sent = [
            try speaker.protect([2], signer: signers[0]),
            try speaker.propose(.update(LeafChange()), signer: signers[0]),
            try speaker.commit(CommitPlan(), signer: signers[0], judge: Open()).message,
        ]
        var listener = second
        for message in sent.dropLast() { _ = try listener.process(message, judge: Open()) }
        later = listener
        bundle = bundles[3]
        var more = CommitPlan()
        more.adds = [bundles[3].keyPackage]
        let message = try first.commit(more, signer: signers[0], judge: Open()).welcomes[0]
        guard case .welcome(let welcome) = try MLSMessage(checking: message) else { preconditionFailure() }
        self.welcome = welcome
        opening = try WelcomeOpening(
            welcome, entry: welcome.secrets[0], bundle: bundle, suite: first.suite, preSharedKeys: { _ in nil })
        crowd = try Crowd(id: start.id, outsider: signers[3])
    }
}
