import MLS
import Sodium

/// Members for a benchmark.
struct Cast {
    struct Open: Judge {
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
        func judge(commit: CommitFacts) {}
        func judge(externalCommit: CommitFacts) {}
    }

    static let lifetime = Lifetime(notBefore: 0, notAfter: .max)
    static let judge = Open()

    let signer: Ed25519.PrivateKey
    let identity: [UInt8]

    init(_ number: Int) {
        signer = Ed25519.PrivateKey()
        identity = Array("member \(number) of the benchmark".utf8)
    }

    func bundle() throws -> KeyPackageBundle {
        try KeyPackageBundle.generate(
            identity: identity, signer: signer, lifetime: Self.lifetime, capabilities: Capabilities())
    }

    func create() throws -> Group {
        try Group.create(
            id: [UInt8](repeating: 7, count: 32), identity: identity, signer: signer, capabilities: Capabilities(),
            lifetime: Self.lifetime, extensions: [], judge: Self.judge)
    }

    func join(_ welcome: [UInt8], with bundle: KeyPackageBundle) throws -> Group {
        try Group.join(
            welcome: welcome, bundle: { $0 == bundle.reference ? bundle : nil }, judge: Self.judge)
    }

    /// A group in which every member has committed once: two of them, with their states.
    static func populated(_ size: Int) throws -> (first: (Cast, Group), last: (Cast, Group)) {
        let first = Cast(0)
        var group = try first.create()
        var last = (first, group)
        for number in 1..<size {
            let joiner = Cast(number)
            let info = try last.1.groupInfo(signer: last.0.signer)
            let pending = try Group.joinByCommit(
                groupInfo: info,
                client: Group.Joiner(
                    credential: .basic(identity: joiner.identity), signer: joiner.signer, capabilities: Capabilities()),
                judge: judge)
            _ = try group.process(pending.message, judge: judge)
            last = (joiner, pending.next)
        }
        return ((first, group), last)
    }
}
