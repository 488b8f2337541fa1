import Sodium
import Testing
import WireFormat

@testable import MLS

/// Received trees that break one rule of §7.9 or §12.4.3 each, with a tree hash that fits.
@Suite struct TreeValidationTests {
    private let suite = CipherSuite.x25519ChaCha20SHA256Ed25519

    /// Nine members of whom the last came without a path, so that there are unmerged leaves.
    private func group() throws -> Group {
        var assembly = try Assembly(count: 8)
        for name in ["member 4", "member 0", "member 6"] { try assembly.commit(by: name) }
        try assembly.commit(by: "member 0", removing: ["member 5"])
        try assembly.commit(by: "member 4")
        try assembly.commit(by: "member 2", adding: [Party("late")]) { $0.forcesPath = false }
        return assembly["member 0"].group
    }

    private func validate(
        _ group: Group, leaves: [LeafNode?]? = nil, parents: [ParentNode?]? = nil
    ) -> Rule? {
        var tree = RatchetTree(
            leaves: leaves ?? group.tree.leaves, parents: parents ?? group.tree.parents, suite: suite)
        var context = group.context
        context.treeHash = tree.treeHash()
        return broken { _ = try tree.validate(context: context) }
    }

    /// With the parents as `edit` leaves them; it gets the position of the lower of two nodes with unmerged leaves.
    private func validateParents(_ edit: (inout [ParentNode?], _ unmerged: Int) -> Void) throws -> Rule? {
        let group = try group()
        var parents = group.tree.parents
        let unmerged = try #require(parents.indices.last { !(parents[$0]?.unmergedLeaves ?? []).isEmpty })
        edit(&parents, unmerged)
        return validate(group, parents: parents)
    }

    @Test func theHonestTreeIsValid() throws {
        let group = try group()
        #expect(validate(group) == nil)
        let unmerged = group.tree.parents.compactMap { $0?.unmergedLeaves }.filter { !$0.isEmpty }
        #expect(unmerged == [[LeafIndex(5)], [LeafIndex(5)]])
        #expect(group.tree.parents.lastIndex { $0?.unmergedLeaves.isEmpty == false } != Int(group.tree.root.value / 2))
    }

    @Test func refusesAnotherTreeHash() throws {
        let group = try group()
        var tree = group.tree
        var context = group.context
        context.treeHash = [UInt8](repeating: 0, count: 32)
        #expect(broken { _ = try tree.validate(context: context) } == .v60)
    }

    @Test func refusesBadUnmergedLeaves() throws {
        let wrong = Rule.v62
        // A blank leaf, one outside the tree, one whose node number would not fit, one twice, one elsewhere.
        for leaf in [LeafIndex(8), LeafIndex(9), LeafIndex(0x7fff_ffff), LeafIndex(0x8000_0000), LeafIndex(.max)] {
            #expect(try validateParents { $0[$1]?.unmergedLeaves.append(leaf) } == wrong)
        }
        #expect(
            try validateParents { parents, node in
                let twice = (parents[node]?.unmergedLeaves ?? []).flatMap { [$0, $0] }
                parents[node]?.unmergedLeaves = twice
            } == .v64)
        #expect(try validateParents { $0[$1]?.unmergedLeaves.insert(LeafIndex(0), at: 0) } == wrong)
    }

    @Test func refusesAnUnmergedLeafLeftOutInBetween() throws {
        // The lower node forgets the leaf that the root names.
        #expect(try validateParents { $0[$1]?.unmergedLeaves = [] } == .v63)
    }

    @Test func refusesAnUnmergedLeafThatOnlyTheLowerNodeNames() throws {
        let group = try group()
        var parents = group.tree.parents
        let root = Int(group.tree.root.value / 2)
        #expect(parents[root]?.unmergedLeaves.isEmpty == false)
        parents[root]?.unmergedLeaves = []
        #expect(validate(group, parents: parents) == .v61)
    }

    @Test func refusesBrokenParentHashes() throws {
        #expect(try validateParents { $0[$1]?.parentHash = [] } == .v61)
        #expect(
            try validateParents { $0[$1]?.encryptionKey = suite.generateKeyPair().publicKey } == .v61)
        // A parent that nobody below vouches for.
        let blank = try #require(try group().tree.parents.firstIndex { $0 == nil })
        #expect(
            try validateParents { parents, _ in
                parents[blank] = ParentNode(
                    encryptionKey: suite.generateKeyPair().publicKey, parentHash: [], unmergedLeaves: [])
            } == .v61)
    }

    @Test func refusesLeavesOfAnotherGroup() throws {
        let context = try group().context
        let other = GroupContext(
            cipherSuite: suite, groupID: [1], epoch: context.epoch, treeHash: context.treeHash,
            confirmedTranscriptHash: context.confirmedTranscriptHash, extensions: context.extensions)
        var tree = try group().tree
        var fitting = other
        fitting.treeHash = tree.treeHash()
        #expect(broken { _ = try tree.validate(context: fitting) } == .v30)
    }

    @Test func refusesSharedKeys() throws {
        // Two trees of two, each with one thing shared.
        let (ada, ben) = (try Party("ada"), try Party("ben"))
        let group = try ada.create()
        func with(_ leaves: [LeafNode?]) -> Rule? { validate(group, leaves: leaves, parents: [nil]) }
        let first = try ada.bundle().keyPackage.leafNode
        let second = try ben.bundle().keyPackage.leafNode
        #expect(with([first, second]) == nil)
        #expect(with([first, try ada.bundle().keyPackage.leafNode]) == .v42)
        var forgery = KeyPackageForgery(ben)
        forgery.leafKey = first.encryptionKey
        let sharing = try KeyPackage(decoding: forgery.message).leafNode
        #expect(with([first, sharing]) == .v43)
    }

    @Test func refusesAParentsKeyTwice() throws {
        // A path whose two nodes have one key, with parent hashes and a leaf that fit.
        let assembly = try Assembly(count: 4)
        let member = assembly["member 0"]
        var tree = member.group.tree
        let key = suite.generateKeyPair().publicKey
        func with(_ keys: [[UInt8]]) throws -> Rule? {
            let steps = tree.filteredDirectPath(of: LeafIndex(0))
            let parentHash = try tree.setPath(of: LeafIndex(0), steps: steps, keys: keys)
            let old = try #require(tree.leaf(LeafIndex(0)))
            let leaf = LeafTemplate(old, changed: nil, signer: member.party.signer).leaf(
                key: suite.generateKeyPair().publicKey, source: .commit(parentHash: parentHash), suite: suite,
                groupID: member.group.id, index: LeafIndex(0))
            tree.setLeaf(LeafIndex(0), to: leaf)
            return validate(member.group, leaves: tree.leaves, parents: tree.parents)
        }
        #expect(try with([key, suite.generateKeyPair().publicKey]) == nil)
        #expect(try with([key, key]) == .v65)
        #expect(try with([key, [1]]) == .v45)
        #expect(try with([key, [UInt8](repeating: 0, count: 32)]) == .v45)
    }

    @Test func refusesCredentialsThatOthersDoNotSupport() throws {
        let (ada, ben) = (try Party("ada"), try Party("ben"))
        let group = try ada.create()
        var forgery = KeyPackageForgery(ben)
        forgery.credential = .x509(chain: [[1]])
        forgery.capabilities = try .forged(credentials: [1, 2])
        let leaf = try KeyPackage(decoding: forgery.message).leafNode
        #expect(
            validate(group, leaves: [try ada.bundle().keyPackage.leafNode, leaf], parents: [nil])
                == .v34)
    }

    // MARK: Form (§12.4.3.3)

    /// Found by the fuzzer: room was kept for a member at each place.
    @Test func aSparseTreeIsWrittenInProportion() throws {
        let leaf = try Party("ada").bundle().keyPackage.leafNode
        let leaves = [leaf] + [LeafNode?](repeating: nil, count: 2046) + [leaf]
        let tree = RatchetTree(
            leaves: leaves, parents: [ParentNode?](repeating: nil, count: 2047), suite: suite)
        let encoded = tree.encoded
        #expect(encoded.capacity < 4 * encoded.count)
        #expect(try RatchetTree(decoding: encoded, suite: suite).encoded == encoded)
    }

    private func decode(_ bytes: [UInt8]) -> MLSError.Code? {
        refusal { _ = try RatchetTree(decoding: bytes, suite: suite) }
    }

    @Test func refusesMalformedTrees() throws {
        let leaf = try Party("ada").bundle().keyPackage.leafNode
        let parent = ParentNode(encryptionKey: [1], parentHash: [], unmergedLeaves: [])
        func tree(_ nodes: [(UInt8, (any WireEncodable)?)]) -> [UInt8] {
            var writer = Writer()
            writer.vector { writer in
                for (kind, node) in nodes {
                    writer.uint8(node == nil ? 0 : 1)
                    guard let node else { continue }
                    writer.uint8(kind)
                    node.encode(to: &writer)
                }
            }
            return writer.bytes
        }
        #expect(decode(tree([(1, leaf)])) == nil)
        func rule(_ nodes: [(UInt8, (any WireEncodable)?)]) -> Rule? {
            broken { _ = try RatchetTree(decoding: tree(nodes), suite: suite) }
        }
        #expect(rule([]) == .v66)
        #expect(rule([(1, leaf), (0, nil)]) == .v66)
        #expect(rule([(2, parent)]) == .v67)
        #expect(rule([(1, leaf), (1, leaf), (1, leaf)]) == .v67)
        #expect(rule([(1, leaf), (2, parent), (2, parent)]) == .v67)
        #expect(decode(tree([(1, leaf)]) + [0]) == .malformed)
        #expect(decode(tree([(3, leaf)])) == .malformed)
        #expect(decode([1, 2]) == .malformed)
        let many = [(UInt8, (any WireEncodable)?)](repeating: (0, nil), count: 2 * Limits.leaves) + [(1, leaf)]
        #expect(decode(tree(many)) == .limitExceeded)
    }
}
