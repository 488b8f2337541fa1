import Sodium
import Testing
import WireFormat

@testable import MLS

@Suite struct SecretTreeTests {
    private let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
    private let root = SecretBytes([UInt8](repeating: 7, count: 32))

    private func tree(leaves: Int = 4) -> SecretTree {
        SecretTree(encryptionSecret: root, leafCount: leaves, suite: suite)
    }

    private func code(_ body: () throws -> Void) -> MLSError.Code? { refusal(body) }

    @Test func senderAndReceiverFindTheSameKeys() throws {
        var (sender, receiver) = (tree(), tree())
        for leaf in [LeafIndex(3), LeafIndex(0), LeafIndex(2), LeafIndex(1)] {
            for kind in [SecretTree.RatchetKind.application, .handshake] {
                for expected in UInt32(0)..<3 {
                    let (sent, generation) = try sender.nextKey(of: leaf, ratchet: kind)
                    #expect(generation == expected)
                    let received = try receiver.take(leaf, kind, generation)
                    #expect(sent.key.constantTimeEquals(received.key))
                    #expect(sent.nonce.constantTimeEquals(received.nonce))
                }
            }
        }
    }

    @Test func noTwoKeysAreTheSame() throws {
        var tree = tree()
        var seen: Set<[UInt8]> = []
        for leaf in UInt32(0)..<4 {
            for kind in [SecretTree.RatchetKind.application, .handshake] {
                for _ in 0..<5 {
                    let key = try tree.nextKey(of: LeafIndex(leaf), ratchet: kind).0
                    #expect(seen.insert(key.key.exposedCopy()).inserted)
                }
            }
        }
    }

    @Test func eachKeyIsGivenOnce() throws {
        var tree = tree()
        let leaf = LeafIndex(1)
        for generation in [UInt32(5), 0, 3] {
            _ = try tree.take(leaf, .application, generation)
            #expect(
                code { _ = try tree.take(leaf, .application, generation) } == .keyAlreadyUsed)
        }
        // The other ratchet is not touched by that.
        #expect(code { _ = try tree.take(leaf, .handshake, 5) } == nil)
    }

    @Test func skippingIsBounded() throws {
        let limit = Limits.skippedGenerations
        var tree = tree()
        #expect(
            code { _ = try tree.take(LeafIndex(0), .application, limit + 1) } == .tooFarAhead)
        #expect(code { _ = try tree.take(LeafIndex(0), .application, .max) } == .tooFarAhead)
        #expect(code { _ = try tree.take(LeafIndex(0), .application, limit) } == nil)
        // What was skipped is kept, but not without end: the oldest go first.
        #expect(code { _ = try tree.take(LeafIndex(0), .application, 2 * limit) } == nil)
        #expect(code { _ = try tree.take(LeafIndex(0), .application, 0) } == .keyAlreadyUsed)
        #expect(
            code { _ = try tree.take(LeafIndex(0), .application, 2 * limit - 1) } == nil)
    }

    @Test func leavesOutsideTheTreeHaveNoKeys() {
        var tree = tree()
        for leaf in [LeafIndex(4), LeafIndex(0x8000_0000), LeafIndex(.max)] {
            #expect(code { _ = try tree.take(leaf, .application, 0) } == .unknownSender)
        }
    }

    @Test func oneLeafIsATreeToo() throws {
        var (sender, receiver) = (tree(leaves: 1), tree(leaves: 1))
        let key = try sender.nextKey(of: LeafIndex(0), ratchet: .handshake).0
        let same = try receiver.take(LeafIndex(0), .handshake, 0)
        #expect(key.key.constantTimeEquals(same.key))
    }

    @Test func secretsGoAsTheyAreUsed() throws {
        // §9.2: the root goes with the first key; a used message key cannot be found again.
        var tree = tree()
        #expect(contains(root.exposedCopy(), in: tree))
        let key = try tree.take(LeafIndex(0), .application, 0)
        #expect(!contains(root.exposedCopy(), in: tree))
        #expect(!contains(key.key.exposedCopy(), in: tree))
        #expect(!contains(key.nonce.exposedCopy(), in: tree))
        // A skipped key stays until it is used.
        var other = self.tree()
        let skipped = try other.take(LeafIndex(0), .application, 1)
        _ = try tree.take(LeafIndex(0), .application, 2)
        #expect(contains(skipped.key.exposedCopy(), in: tree))
        _ = try tree.take(LeafIndex(0), .application, 1)
        #expect(!contains(skipped.key.exposedCopy(), in: tree))
    }

    private func contains(_ secret: [UInt8], in tree: SecretTree) -> Bool {
        var writer = Writer()
        tree.encode(to: &writer)
        return writer.bytes.contains(run: secret)
    }
}

extension [UInt8] {
    /// Whether `run` occurs somewhere.
    func contains(run: [UInt8]) -> Bool {
        guard let first = run.first, count >= run.count else { return false }
        return indices.dropLast(run.count - 1).contains { start in
            self[start] == first && self[start..<start + run.count].elementsEqual(run)
        }
    }
}

extension SecretTree {
    /// A key, used up.
    fileprivate mutating func take(
        _ leaf: LeafIndex, _ kind: RatchetKind, _ generation: UInt32
    ) throws(MLSError) -> MessageKey {
        let (key, use) = try self.key(of: leaf, ratchet: kind, generation: generation)
        spend(use)
        return key
    }
}
