import Sodium
import WireFormat

@testable import MLS

/// A group of eleven: enough for work on several threads, in a tree with all that a tree can have, blank parents, a blank
/// leaf between members and an unmerged leaf among it.
struct Crowd: Sendable {
    /// Of the member at each leaf, as far as there is one.
    let signers: [LeafIndex: Ed25519.PrivateKey]
    /// The first member.
    let committer: Group
    /// One beside it, one a little farther and one from the tree's other half, in the same epoch.
    let receivers: [Group]
    /// Who may send from outside.
    let outsider: Ed25519.PrivateKey

    /// - Parameter id: the one of the fuzzer's small group, so that this one's tree is a valid one there.
    init(id: [UInt8], outsider: Ed25519.PrivateKey) throws {
        self.outsider = outsider
        let keys = (0..<13).map { _ in Ed25519.PrivateKey() }
        let lifetime = Lifetime(notBefore: 0, notAfter: .max)
        let capabilities = Capabilities(extensions: [ExtensionType(0xf101)])
        let bundles = try keys.map {
            try KeyPackageBundle.generate(identity: [1], signer: $0, lifetime: lifetime, capabilities: capabilities)
        }
        let sender = ExternalSender(signatureKey: outsider.publicKey.bytes, credential: .basic(identity: [1]))
        let start = try Group.create(
            id: id, identity: [1], signer: keys[0], capabilities: capabilities, lifetime: lifetime,
            extensions: [ExternalSender.asExtension([sender])], judge: Subject.Open())
        var adding = CommitPlan()
        adding.adds = bundles[1...11].map(\.keyPackage)
        let created = try start.commit(adding, signer: keys[0], judge: Subject.Open())
        let kept = [0, 1, 6, 9]
        var groups = [created.next]
        for member in kept.dropFirst() {
            groups.append(
                try Group.join(
                    welcome: created.welcomes[0],
                    bundle: { $0 == bundles[member].reference ? bundles[member] : nil }, judge: Subject.Open()))
        }
        func commit(_ place: Int, _ plan: CommitPlan) throws {
            let pending = try groups[place].commit(plan, signer: keys[kept[place]], judge: Subject.Open())
            for other in groups.indices where other != place {
                _ = try groups[other].process(pending.message, judge: Subject.Open())
            }
            groups[place] = pending.next
        }
        // What the removal blanks is partly filled again; who then gets leaf 5 is unmerged above it.
        var removing = CommitPlan()
        removing.removes = [LeafIndex(5), LeafIndex(10)]
        try commit(3, removing)
        try commit(2, CommitPlan())
        var filling = CommitPlan()
        filling.adds = [bundles[12].keyPackage]
        filling.forcesPath = false
        try commit(1, filling)
        committer = groups[0]
        receivers = Array(groups.dropFirst())
        signers = Dictionary(
            uniqueKeysWithValues: committer.members.compactMap { member in
                keys.first { $0.publicKey.bytes == member.leaf.signatureKey }.map { (member.index, $0) }
            })
        precondition(signers.count == 11)
    }
}
