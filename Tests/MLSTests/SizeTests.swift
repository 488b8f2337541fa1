import Sodium
import Testing

@testable import MLS

/// What others would refuse for its size (``Limits/messageBytes``) is not sent, and uses nothing up.
@Suite struct SizeTests {
    private static let tooMuch = [UInt8](repeating: 1, count: Limits.messageBytes + 1)
    private static let large = [Extension(Party.policy, data: tooMuch)]

    private static var largeLeaf: LeafChange {
        var change = LeafChange()
        change.extensions = large
        return change
    }

    /// That `body` is refused and leaves Ada's state as it was.
    private func expectRefusal(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (_ group: inout Group, _ signer: Ed25519.PrivateKey) throws -> Void
    ) throws {
        let ada = try Assembly(["ada", "ben"])["ada"]
        var group = ada.group
        #expect(
            refusal { try body(&group, ada.party.signer) } == .limitExceeded, sourceLocation: sourceLocation)
        #expect(stored(group) == stored(ada.group), sourceLocation: sourceLocation)
    }

    @Test func theLargestMessageIsTaken() throws {
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        let text = [UInt8](repeating: 1, count: Limits.messageBytes - 200)
        let message = try assembly["ada"].group.protect(text, signer: signer, padding: .none)
        guard case .application(let read) = try assembly["ben"].group.process(message, judge: AnyoneMay()) else {
            throw UnexpectedResult()
        }
        #expect(read.plaintext == text)
        let padded = [UInt8](repeating: 1, count: Limits.messageBytes - (16 << 10) - 100)
        _ = try assembly["ben"].group.process(
            assembly["ada"].group.protect(padded, signer: signer), judge: AnyoneMay())
    }

    @Test func applicationData() throws {
        try expectRefusal { group, signer in _ = try group.protect(Self.tooMuch, signer: signer) }
        try expectRefusal { group, signer in
            _ = try group.protect([1], authenticatedData: Self.tooMuch, signer: signer)
        }
        // Together, or by the padding, or by what is around them.
        let half = [UInt8](repeating: 1, count: Limits.messageBytes / 2)
        try expectRefusal { group, signer in _ = try group.protect(half, authenticatedData: half, signer: signer) }
        let (nearly, all) = (Self.tooMuch.dropLast(16 << 10), Self.tooMuch.dropLast(1))
        try expectRefusal { group, signer in _ = try group.protect(Array(nearly), signer: signer) }
        try expectRefusal { group, signer in _ = try group.protect(Array(all), signer: signer, padding: .none) }
    }

    @Test(arguments: [HandshakeFormat.privateMessage, .publicMessage])
    func handshakes(_ format: HandshakeFormat) throws {
        let changes: [Change] = [
            .extensions(Self.large), .reInit(ReInit(groupID: [1], extensions: Self.large)),
            .preSharedKey(.external(id: Self.tooMuch)),
        ]
        for change in changes {
            try expectRefusal { group, signer in _ = try group.propose(change, signer: signer, format: format) }
        }
        let edits: [(inout CommitPlan) -> Void] = [
            { $0.authenticatedData = Self.tooMuch }, { $0.extensions = Self.large },
            { $0.reInit = ReInit(groupID: [1], extensions: Self.large) },
            { $0.leaf = Self.largeLeaf },
            { $0.preSharedKeys = [.external(id: Self.tooMuch)] },
        ]
        for edit in edits {
            try expectRefusal { group, signer in
                var plan = CommitPlan()
                plan.format = format
                edit(&plan)
                _ = try group.commit(plan, signer: signer, preSharedKeys: Assembly.psks, judge: AnyoneMay())
            }
        }
    }

    @Test func welcomesAndGroupInfos() throws {
        let bundle = try Party("cyd").bundle()
        for count in [Limits.messageBytes + 1, Limits.messageBytes - 100] {
            let extensions = [Extension(Party.policy, data: Array(Self.tooMuch.prefix(count)))]
            try expectRefusal { group, signer in
                var plan = CommitPlan()
                plan.adds = [bundle.keyPackage]
                plan.groupInfoExtensions = extensions
                _ = try group.commit(plan, signer: signer, judge: AnyoneMay())
            }
            try expectRefusal { group, signer in _ = try group.groupInfo(signer: signer, extensions: extensions) }
        }
    }

    @Test func messagesFromOutside() throws {
        let cyd = try Party("cyd")
        let bundle = try cyd.bundle()
        try expectRefusal { group, _ in
            _ = try ExternalProposal.join(
                bundle.keyPackage, groupID: group.id, epoch: group.epoch, signer: cyd.signer,
                authenticatedData: Self.tooMuch)
        }
        try expectRefusal { group, signer in
            _ = try ExternalProposal.send(
                .extensions(Self.large), senderIndex: 0, groupID: group.id, epoch: group.epoch, signer: signer)
        }
        try expectRefusal { group, signer in
            _ = try Group.joinByCommit(
                groupInfo: group.groupInfo(signer: signer),
                client: Group.Joiner(
                    credential: .basic(identity: cyd.identity), signer: cyd.signer, capabilities: Party.capabilities),
                authenticatedData: Self.tooMuch, judge: AnyoneMay())
        }
    }

    @Test func keyPackages() throws {
        let party = try Party("ada")
        func generate(_ identity: [UInt8], _ leaf: [Extension], _ extensions: [Extension]) -> MLSError.Code? {
            refusal {
                _ = try KeyPackageBundle.generate(
                    credential: .basic(identity: identity), signer: party.signer, lifetime: Party.lifetime,
                    capabilities: Party.capabilities, leafExtensions: leaf, extensions: extensions)
            }
        }
        #expect(generate(Self.tooMuch, [], []) == .limitExceeded)
        #expect(generate([1], Self.large, []) == .limitExceeded)
        #expect(generate([1], [], Self.large) == .limitExceeded)
    }
}
