import Sodium
import Testing

@testable import MLS

/// What a removed member can still check, so that nobody is talked out of a group by a commit that others refuse.
@Suite struct RemovalTests {
    private func rule(_ edit: (inout Insider.PathForgery) -> Void) throws -> Rule? {
        var assembly = try Assembly(["ada", "ben", "cyd", "dot"])
        let removed = assembly.index(of: "dot")
        // A path beside the removal, made on the tree that the removal gives.
        var ada = Insider(assembly["ada"])
        try ada.group.tree.remove(removed)
        let path = try ada.path(edit)
        let commit = try Insider(assembly["ada"]).commit([.remove(removed)], path: path)
        let before = stored(assembly["dot"].group)
        let rule = broken { _ = try assembly["dot"].group.process(commit, judge: AnyoneMay()) }
        #expect((stored(assembly["dot"].group) == before) == (rule != nil))
        return rule
    }

    @Test func aRemovalByABadPathIsRefused() throws {
        #expect(try rule { _ in } == nil)
        #expect(try rule { $0.nodes = { Array($0.dropLast()) } } == .v104)
        #expect(
            try rule {
                $0.nodes = { nodes in
                    nodes.map { UpdatePath.Node(encryptionKey: $0.encryptionKey, encryptedPathSecrets: []) }
                }
            } == .v105)
        let key = [UInt8](repeating: 9, count: 32)
        #expect(
            try rule {
                $0.nodes = { nodes in
                    [UpdatePath.Node(encryptionKey: key, encryptedPathSecrets: nodes[0].encryptedPathSecrets)]
                        + nodes.dropFirst()
                }
            } == .v106)
    }

    /// A pre-shared key that comes with one's removal is not for who leaves.
    @Test func aRemovalNeedsNoPreSharedKey() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        var plan = CommitPlan()
        plan.removes = [assembly.index(of: "cyd")]
        plan.preSharedKeys = [.external(id: [1])]
        let pending = try assembly["ada"].group.commit(
            plan, signer: assembly["ada"].party.signer, preSharedKeys: Assembly.psks, judge: AnyoneMay())
        guard
            case .commit(_, removedSelf: true) = try assembly["cyd"].group.process(
                pending.message, judge: AnyoneMay())
        else { throw UnexpectedResult() }
        #expect(!assembly["cyd"].group.isActive)
        #expect(refusal { _ = try assembly["ben"].group.process(pending.message, judge: AnyoneMay()) } == .unknownPSK)
    }
}
