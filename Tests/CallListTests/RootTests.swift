import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

@Suite struct RootTests {
    private let officers: [Ed25519.PrivateKey]
    private var keys: [Ed25519.PublicKey] { officers.map(\.publicKey) }

    init() throws { officers = try (1...3).map { try Officers.key($0) } }

    @Test func aRootIsMadeAndPinned() throws {
        let draft = try TrustedRoot.draft(officers: keys, threshold: 2).encoded()
        #expect(refusal { _ = try TrustedRoot(verifying: draft) }?.code == .notSigned)
        let first = try UnverifiedRoot(decoding: draft).adding(signatureBy: officers[0])
        #expect(first.signers(among: keys) == 1)
        let error = try #require(refusal { _ = try TrustedRoot(verifying: first.bytes) })
        #expect(error.code == .notSigned)
        #expect(error.hint?.contains("root sign") == true)
        let second = try first.adding(signatureBy: officers[1])
        #expect(second.signers(among: keys) == 2)
        #expect(second.digest == first.digest)
        let root = try TrustedRoot(verifying: second.bytes, pinnedDigest: second.digest)
        #expect(root.officers == keys)
        #expect(root.threshold == 2)
        #expect(root.version == 1)
        #expect(root.envelope == second.bytes)
    }

    @Test func theSameOfficerTwiceIsOneSignature() throws {
        let draft = try TrustedRoot.draft(officers: keys, threshold: 2).encoded()
        let once = try UnverifiedRoot(decoding: draft).adding(signatureBy: officers[0])
        let twice = try once.adding(signatureBy: officers[0])
        #expect(twice.signers(among: keys) == 1)
        #expect(refusal { _ = try TrustedRoot(verifying: twice.bytes) }?.code == .notSigned)
    }

    @Test func aStrangerCannotSign() throws {
        let draft = try TrustedRoot.draft(officers: keys, threshold: 2).encoded()
        let stranger = try Officers.key(9)
        #expect(refusal { _ = try UnverifiedRoot(decoding: draft).adding(signatureBy: stranger) }?.code == .notSigned)
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 2), (3, 3)])
    func moreThanHalfIsAThreshold(_ count: Int, _ threshold: Int) throws {
        #expect(throws: Never.self) { try TrustedRoot.draft(officers: Array(keys.prefix(count)), threshold: threshold) }
    }

    @Test(arguments: [(0, 0), (1, 0), (2, 1), (3, 1), (3, 4), (3, -2)])
    func otherThresholdsAreRefused(_ count: Int, _ threshold: Int) {
        let officers = Array(keys.prefix(count))
        #expect(refusal { _ = try TrustedRoot.draft(officers: officers, threshold: threshold) }?.code == .sourceRefused)
    }

    @Test func anOfficerIsNamedOnce() {
        #expect(
            refusal { _ = try TrustedRoot.draft(officers: [keys[0], keys[0]], threshold: 2) }?.code == .sourceRefused)
    }

    @Test func tooManyOfficersAreRefused() throws {
        let many = try (1...65).map { try Officers.key($0).publicKey }
        #expect(refusal { _ = try TrustedRoot.draft(officers: many, threshold: 40) }?.code == .sourceRefused)
        #expect(throws: Never.self) { try TrustedRoot.draft(officers: Array(many.prefix(64)), threshold: 33) }
    }

    @Test func anotherRootIsNotThePinnedOne() throws {
        let root = try Officers(officers, threshold: 2).root
        let other = try Officers([officers[0], officers[1]], threshold: 2).root
        let error = try #require(
            refusal { _ = try TrustedRoot(verifying: other.envelope, pinnedDigest: root.digest) })
        #expect(error.code == .wrongRoot)
        #expect(error.hint != nil)
        for pin in ["", String(root.digest.dropLast()), String(root.digest.dropLast(2)), "x" + root.digest.dropFirst()]
        {
            #expect(refusal { _ = try TrustedRoot(verifying: root.envelope, pinnedDigest: pin) }?.code == .wrongRoot)
        }
    }

    /// A threshold of one half, signed by all: its own officers cannot make a weak root valid.
    @Test func aWeakRootIsRefusedWhoeverSignedIt() throws {
        let document = RootDocument(
            type: "root", version: 1, officers: keys.map { Data($0.bytes) }, threshold: 1, previous: nil)
        #expect(refusal { _ = try TrustedRoot(verifying: signed(document)) }?.code == .sourceRefused)
    }

    /// As it is read from paper or heard on the telephone.
    @Test func aDigestIsTakenHoweverItIsWritten() throws {
        let root = try Officers(officers, threshold: 2).root
        let digest = root.digest
        for pin in [
            digest.uppercased(), " \(digest)\n", Spoken.grouped(digest), Spoken.grouped(digest, by: 8).uppercased(),
            Spoken.grouped(digest).replacing(" ", with: "-"), Spoken.grouped(digest, by: 2).replacing(" ", with: ":"),
        ] { #expect(throws: Never.self) { try TrustedRoot(verifying: root.envelope, pinnedDigest: pin) } }
    }

    @Test func aRootThatCannotBeIsRefused() throws {
        for (type, version, previous) in [("root", 0, nil), ("root", 2, nil), ("root", 1, "00"), ("tree", 1, nil)] {
            let document = RootDocument(
                type: type, version: UInt64(version), officers: keys.map { Data($0.bytes) }, threshold: 2,
                previous: previous)
            #expect(refusal { _ = try TrustedRoot(verifying: signed(document)) }?.code == .malformed)
        }
    }

    @Test func aKeyThatIsNoneIsRefused() throws {
        let document = RootDocument(
            type: "root", version: 1, officers: [Data([1, 2])], threshold: 1, previous: nil)
        #expect(refusal { _ = try TrustedRoot(verifying: signed(document)) }?.code == .malformed)
    }

    @Test func anotherPayloadTypeIsRefused() throws {
        let document = RootDocument(
            type: "root", version: 1, officers: keys.map { Data($0.bytes) }, threshold: 2, previous: nil)
        let envelope = DSSEEnvelope.sign(
            try Documents.encode(document), payloadType: "text/plain", with: officers)
        #expect(refusal { _ = try TrustedRoot(verifying: envelope.encoded()) }?.code == .notSigned)
    }

    @Test func everyAlterationIsRefusedOrHarmless() throws {
        let root = try Officers(officers, threshold: 2).root
        for altered in alterations(of: root.envelope) {
            do {
                let read = try TrustedRoot(verifying: altered, pinnedDigest: root.digest)
                #expect(read.officers == root.officers)
            } catch { #expect(error.code != .fileFailure) }
        }
    }

    private func signed(_ document: RootDocument) throws -> [UInt8] {
        DSSEEnvelope.sign(
            try Documents.encode(document), payloadType: RootDocument.payloadType, with: officers
        ).encoded()
    }
}
