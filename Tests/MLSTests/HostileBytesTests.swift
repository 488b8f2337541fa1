import Sodium
import Testing

@testable import MLS

/// Every cut and every altered byte of everything that comes from outside: refused, without a trap and without a trace.
@Suite struct HostileBytesTests {
    /// All cuts, and each byte with one bit changed, which bit depending on the place; both ends of a byte for short ones.
    private func alterations(of bytes: [UInt8]) -> some Sequence<[UInt8]> {
        let cuts = bytes.indices.lazy.map { Array(bytes[..<$0]) }
        let flips = bytes.indices.lazy.map { index in
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(index * 5 % 8)
            return flipped
        }
        return Array(cuts) + Array(flips) + [bytes + [0]]
    }

    private func expectRefused(_ message: [UInt8], by group: Group) {
        let before = stored(group)
        var group = group
        for altered in alterations(of: message) {
            #expect(throws: MLSError.self) { try group.process(altered, judge: AnyoneMay()) }
        }
        #expect(stored(group) == before)
        #expect(throws: Never.self) { try group.process(message, judge: AnyoneMay()) }
    }

    @Test func messages() throws {
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        let message = try assembly["ada"].group.protect(
            [1, 2, 3], authenticatedData: [4], signer: signer, padding: .none)
        expectRefused(message, by: assembly["ben"].group)
    }

    @Test func commits() throws {
        let assembly = try Assembly(["ada", "ben", "cyd"])
        let ada = assembly["ada"]
        var plan = CommitPlan()
        plan.padding = .none
        plan.extensions = [Extension(Party.policy, data: [1])]
        plan.removes = [assembly.index(of: "cyd")]
        let pending = try ada.group.commit(plan, signer: ada.party.signer, judge: AnyoneMay())
        expectRefused(pending.message, by: assembly["ben"].group)
    }

    @Test func publicProposals() throws {
        let assembly = try Assembly(["ada", "ben"])
        let proposal = try Insider(assembly["ada"]).send(.proposal(.remove(LeafIndex(1)))) {
            $0.format = .publicMessage
        }
        expectRefused(proposal, by: assembly["ben"].group)
    }

    @Test func welcomes() throws {
        let (ada, ben) = (try Party("ada"), try Party("ben"))
        let bundle = try ben.bundle()
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
        let welcome = try #require(pending.welcomes.first)
        for altered in alterations(of: welcome) {
            #expect(throws: MLSError.self) { try ben.join(altered, with: bundle) }
        }
    }

    /// What is inside is reached only by who can encrypt it, so it is altered there.
    @Test func trees() throws {
        let encoded = try Assembly(count: 5)["member 0"].group.tree.encoded
        let context = try Assembly(count: 5)["member 0"].group.context
        for altered in alterations(of: encoded) {
            #expect(throws: MLSError.self) {
                var tree = try RatchetTree(decoding: altered, suite: .x25519ChaCha20SHA256Ed25519)
                var fitting = context
                fitting.treeHash = tree.treeHash()
                _ = try tree.validate(context: fitting)
            }
        }
    }

    @Test func headersNeedNoKeyAndDoNotTrap() throws {
        var assembly = try Assembly(["ada", "ben"])
        let message = try assembly["ada"].group.protect(
            [1], authenticatedData: [1, 2, 3], signer: assembly["ada"].party.signer, padding: .none)
        for length in message.indices {
            #expect(refusal { _ = try MessageHeader(reading: Array(message[..<length])) } == .malformed)
        }
        #expect(try MessageHeader(reading: message).authenticatedData == [1, 2, 3])
    }

    @Test func vectorsThatClaimToBeHugeTakeNoMemory() throws {
        var assembly = try Assembly(["ada", "ben"])
        // A group id, a ciphertext, and a list of Welcome entries of 2^30 - 1 bytes each, of which nothing comes.
        let claims: [[UInt8]] = [
            [0, 1, 0, 2, 0xbf, 0xff, 0xff, 0xff], [0, 1, 0, 1, 0xbf, 0xff, 0xff, 0xff],
            [0, 1, 0, 3, 0, 3, 0xbf, 0xff, 0xff, 0xff], [0, 1, 0, 5, 0, 1, 0, 3, 0xbf, 0xff, 0xff, 0xff],
        ]
        for claim in claims {
            #expect(refusal { _ = try assembly["ben"].group.process(claim, judge: AnyoneMay()) } == .malformed)
        }
    }
}

/// What lists of the smallest possible elements take, for each byte of them: with growth and copies, far below 64 times.
@Suite struct ProportionTests {
    @Test(arguments: [
        ("ProposalOrRef", MemoryLayout<ProposalOrRef>.stride, 4), ("Extension", MemoryLayout<Extension>.stride, 3),
        ("HPKECiphertext", MemoryLayout<HPKECiphertext>.stride, 2),
        ("Welcome.Secrets", MemoryLayout<Welcome.Secrets>.stride, 3),
        ("UpdatePath.Node", MemoryLayout<UpdatePath.Node>.stride, 2),
        ("PreSharedKeyID", MemoryLayout<PreSharedKeyID>.stride, 3),
        ("ExternalSender", MemoryLayout<ExternalSender>.stride, 4), ("LeafNode?", MemoryLayout<LeafNode?>.stride, 1),
    ])
    func elementsAreSmall(_ name: String, _ stride: Int, _ bytes: Int) {
        #expect(stride <= 12 * bytes, "\(name)")
    }
}
