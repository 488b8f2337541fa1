import Sodium
import Testing
import WireFormat

@testable import MLS

/// The ends of what numbers and sizes may be.
@Suite struct BoundsTests {
    private let suite = CipherSuite.x25519ChaCha20SHA256Ed25519

    @Test func groupIDsAreBounded() throws {
        let ada = try Party("ada")
        func create(_ count: Int) -> MLSError.Code? {
            refusal {
                _ = try Group.create(
                    id: [UInt8](repeating: 1, count: count), identity: ada.identity, signer: ada.signer,
                    capabilities: Party.capabilities, lifetime: Party.lifetime, extensions: [], judge: AnyoneMay())
            }
        }
        #expect(create(Limits.groupIDBytes) == nil)
        #expect(create(Limits.groupIDBytes + 1) == .limitExceeded)
    }

    @Test func theLastEpochHasNoSuccessor() throws {
        let ada = try Party("ada")
        var group = try ada.create()
        group.context.epoch = Epoch(.max)
        #expect(
            refusal { _ = try group.commit(CommitPlan(), signer: ada.signer, judge: AnyoneMay()) } == .limitExceeded)
    }

    @Test func treesAreBounded() throws {
        let leaf = try Party("ada").bundle().keyPackage.leafNode
        let full = RatchetTree(
            leaves: [LeafNode?](repeating: leaf, count: Limits.leaves),
            parents: [ParentNode?](repeating: nil, count: Limits.leaves - 1), suite: suite)
        var tree = full
        #expect(refusal { _ = try tree.add(leaf) } == .limitExceeded)
        #expect(tree.leafCount == Limits.leaves)
    }

    @Test func onlyMembersAreUpdatedOrRemoved() throws {
        let leaf = try Party("ada").bundle().keyPackage.leafNode
        var tree = RatchetTree(leaves: [leaf, nil], parents: [nil], suite: suite)
        for index in [LeafIndex(1), LeafIndex(2), LeafIndex(.max)] {
            #expect(refusal { try tree.update(index, to: leaf) } == .unknownSender)
            #expect(refusal { try tree.remove(index) } == .invalidRemove)
        }
        #expect(tree.leaf(LeafIndex(0)) == leaf)
    }

    @Test func aNodeNamesOnlyLeavesBelowIt() throws {
        // Leaf 0 is a member, but not below node 5; nothing else on its way to the root could notice.
        let leaves = try ["ada", "ben", "cyd", "dot"].map { try Party($0).bundle().keyPackage.leafNode }
        let parent = ParentNode(encryptionKey: [1], parentHash: [], unmergedLeaves: [LeafIndex(0)])
        var tree = RatchetTree(leaves: leaves, parents: [nil, nil, parent], suite: suite)
        var context = try Party("ada").create().context
        context.treeHash = tree.treeHash()
        #expect(broken { _ = try tree.validate(context: context) } == .v62)
    }

    @Test func aLeafHasNoAncestorInCommonWithItself() {
        #expect(TreeMath.commonAncestor(LeafIndex(3), LeafIndex(3)) == nil)
        #expect(TreeMath.commonAncestor(LeafIndex(2), LeafIndex(3)) == NodeIndex(5))
        #expect(TreeMath.commonAncestor(LeafIndex(0), LeafIndex(3)) == NodeIndex(3))
    }

    @Test func requiredCredentialsAreRequired() throws {
        let leaf = try Party("ada").bundle().keyPackage.leafNode
        func code(_ required: RequiredCapabilities) -> MLSError.Code? {
            refusal { try leaf.validate(suite: suite, required: required) }
        }
        #expect(code(RequiredCapabilities(extensions: [Party.policy], proposals: [7], credentials: [1])) == nil)
        #expect(code(RequiredCapabilities(extensions: [], credentials: [2])) == .requiredCapabilityMissing)
        #expect(code(RequiredCapabilities(extensions: [], proposals: [8])) == .requiredCapabilityMissing)
        #expect(
            code(RequiredCapabilities(extensions: [ExtensionType(0xf777)])) == .requiredCapabilityMissing)
    }

    // MARK: Stored secret trees

    private func secretTree(
        leaves: UInt32, nodes: [UInt32] = [], ratchetGeneration: UInt32? = nil
    ) throws -> SecretTree {
        let secret = SecretBytes([UInt8](repeating: 9, count: 32))
        var writer = Writer()
        writer.uint32(leaves)
        writer.uint32(UInt32(nodes.count))
        for node in nodes {
            writer.uint32(node)
            writer.secret(secret)
        }
        writer.uint32(ratchetGeneration == nil ? 0 : 1)
        if let ratchetGeneration {
            writer.uint32(0)
            writer.uint8(SecretTree.RatchetKind.application.rawValue)
            writer.secret(secret)
            writer.uint32(ratchetGeneration)
            writer.uint32(0)
        }
        var reader = Reader(writer.bytes)
        return try SecretTree(from: &reader, suite: suite)
    }

    @Test func storedSecretTreesHaveAPossibleSize() {
        for leaves in [UInt32(0), 3, UInt32(Limits.leaves) * 2, 0x8000_0000, .max] {
            #expect(refusal { _ = try secretTree(leaves: leaves) } == .damagedState)
        }
        #expect(refusal { _ = try secretTree(leaves: 4, nodes: [6]) } == nil)
        for node in [UInt32(7), .max] {
            #expect(refusal { _ = try secretTree(leaves: 4, nodes: [node]) } == .damagedState)
        }
    }

    @Test func aRatchetEndsAtItsLastGeneration() throws {
        var tree = try secretTree(leaves: 1, ratchetGeneration: .max - 1)
        let last = try tree.nextKey(of: LeafIndex(0), ratchet: .application)
        #expect(last.generation == UInt32.max - 1)
        #expect(refusal { _ = try tree.nextKey(of: LeafIndex(0), ratchet: .application) } == .limitExceeded)
        #expect(
            refusal { _ = try tree.key(of: LeafIndex(0), ratchet: .application, generation: .max) } == .limitExceeded)
    }
}
