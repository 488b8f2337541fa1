import Sodium
import Testing
import WireFormat

@testable import MLS

/// What a received message proves to somebody who is not in the group.
@Suite struct EvidenceTests {
    /// Ben's evidence of what Ada said, with the context of that epoch.
    private func evidence() throws -> (evidence: [UInt8], context: GroupContext, ada: Member) {
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        let message = try assembly["ada"].group.protect([1, 2, 3], authenticatedData: [7], signer: signer)
        guard case .application(let received) = try assembly["ben"].group.process(message, judge: AnyoneMay()) else {
            throw UnexpectedResult()
        }
        return (received.evidence, assembly["ben"].group.context, assembly["ada"])
    }

    private func code(_ evidence: [UInt8], _ context: GroupContext, _ key: [UInt8]) -> MLSError.Code? {
        refusal { _ = try ProvenMessage(evidence: evidence, context: context, signatureKey: key) }
    }

    @Test func tellsWhatWasSaid() throws {
        let (evidence, context, ada) = try evidence()
        // A third party has the context as bytes.
        let proven = try ProvenMessage(
            evidence: evidence, context: GroupContext(decoding: context.encoded),
            signatureKey: ada.party.signer.publicKey.bytes)
        #expect(proven.groupID == context.groupID && proven.epoch == context.epoch)
        #expect(proven.sender == ada.group.ownIndex)
        #expect(proven.authenticatedData == [7] && proven.plaintext == [1, 2, 3])
    }

    @Test func refusesEveryAlteration() throws {
        let (evidence, context, ada) = try evidence()
        let key = ada.party.signer.publicKey.bytes
        for bit in 0..<evidence.count * 8 {
            var altered = evidence
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(code(altered, context, key) != nil, "bit \(bit)")
        }
        for length in evidence.indices {
            #expect(code(Array(evidence[..<length]), context, key) == .malformed, "cut at \(length)")
        }
        #expect(code(evidence + [0], context, key) == .malformed)
        let huge = [UInt8](repeating: 0, count: Limits.messageBytes + 1)
        #expect(code(huge, context, key) == .limitExceeded)
    }

    @Test func refusesAnotherContextOrKey() throws {
        let (evidence, context, ada) = try evidence()
        let key = ada.party.signer.publicKey.bytes
        func altered(_ edit: (inout GroupContext) -> Void) -> MLSError.Code? {
            var other = context
            edit(&other)
            return code(evidence, other, key)
        }
        #expect(altered { $0.epoch = Epoch(context.epoch.value + 1) } == .wrongEpoch)
        #expect(altered { $0.treeHash[0] ^= 1 } == .invalidSignature)
        #expect(altered { $0.confirmedTranscriptHash[0] ^= 1 } == .invalidSignature)
        #expect(altered { $0.extensions = [Extension(Party.policy, data: [])] } == .invalidSignature)
        let elsewhere = try Group.create(
            id: [9], identity: [1], signer: ada.party.signer, capabilities: Party.capabilities,
            lifetime: Party.lifetime, extensions: [], judge: AnyoneMay())
        #expect(code(evidence, elsewhere.context, key) == .wrongGroup)
        #expect(code(evidence, context, try Party("ben").signer.publicKey.bytes) == .invalidSignature)
        #expect(code(evidence, context, []) == .invalidSignature)
    }

    @Test func isOfApplicationDataOfAMemberOnly() throws {
        let (_, context, ada) = try evidence()
        func signed(
            _ content: Content, _ sender: Sender, _ format: MessageFormat = .privateMessage
        ) -> MLSError.Code? {
            let framed = FramedContent(
                groupID: context.groupID, epoch: context.epoch, sender: sender, authenticatedData: [], content: content)
            let signed = AuthenticatedContent.sign(
                framed, format: format, context: context, suite: context.cipherSuite, signer: ada.party.signer)
            return code(signed.encoded, context, ada.party.signer.publicKey.bytes)
        }
        let own = Sender.member(LeafIndex(0))
        #expect(signed(.application([1]), own) == nil)
        #expect(signed(.proposal(.remove(LeafIndex(1))), own) == .wrongContentType)
        #expect(signed(.application([1]), .external(0)) == .wrongContentType)
        #expect(signed(.application([1]), .newMemberCommit) == .wrongContentType)
        #expect(signed(.application([1]), own, .publicMessage) == .applicationInPublicMessage)
    }
}
