import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// What an officer is shown of a root before they sign it, and whom they must have heard [R17].
@Suite struct RootReviewTests {
    private let before: Officers
    private let keys: [Ed25519.PrivateKey]
    /// Officers 2, 3 and 4 in place of 1, 2 and 3.
    private let next: UnverifiedRoot

    init() throws {
        keys = try (1...4).map { try Officers.key($0) }
        before = try Officers(Array(keys.prefix(3)), threshold: 2)
        next = try UnverifiedRoot(
            decoding: TrustedRoot.draft(
                officers: keys.suffix(3).map(\.publicKey), threshold: 3, after: before.root
            ).encoded())
    }

    private func fingerprint(_ number: Int) -> String { Officer.fingerprint(of: keys[number - 1].publicKey) }

    private func first() throws -> UnverifiedRoot {
        try UnverifiedRoot(
            decoding: TrustedRoot.draft(officers: keys.prefix(3).map(\.publicKey), threshold: 2).encoded())
    }

    @Test func whoComesStaysAndGoesIsSaid() throws {
        let review = try RootReview(next, before: before.root, signer: keys[1].publicKey)
        #expect(review.officers.map(\.standing) == [.stays, .stays, .comes, .goes])
        #expect(review.officers.map(\.fingerprint) == [2, 3, 4, 1].map(fingerprint))
        #expect(review.officers.map(\.isSigner) == [true, false, false, false])
        #expect(review.newOfficers.map(\.fingerprint) == [fingerprint(4)])
        // Who comes has their own key in hand.
        #expect(try RootReview(next, before: before.root, signer: keys[3].publicKey).newOfficers.isEmpty)
    }

    @Test func atTheFoundingAllAreNewButTheSigner() throws {
        let review = try RootReview(first(), before: nil, signer: keys[0].publicKey)
        #expect(review.officers.allSatisfy { $0.standing == .comes })
        #expect(review.newOfficers.map(\.fingerprint) == [2, 3].map(fingerprint))
    }

    @Test func eachNewFingerprintMustBeConfirmed() throws {
        let review = try RootReview(first(), before: nil, signer: keys[0].publicKey)
        let heard = [2, 3].map(fingerprint)
        for confirmed in [[], [heard[0]], [heard[1]], [heard[0], heard[0]]] {
            let error = try #require(refusal { _ = try review.signed(by: keys[0], confirmed: confirmed) })
            #expect(error.code == .reviewRefused && error.hint != nil)
        }
        for other in [fingerprint(1), fingerprint(4), "x"] {
            let error = refusal { _ = try review.signed(by: keys[0], confirmed: heard + [other]) }
            #expect(error?.reason.contains("no new officer of this root has the fingerprint \(other)") == true)
        }
        let signed = try review.signed(by: keys[0], confirmed: heard.reversed().map { $0.uppercased() })
        #expect(signed.signers(among: signed.officers) == 1)
    }

    @Test func itReplacesWhatItWasMadeFrom() throws {
        #expect(refusal { _ = try RootReview(next, before: nil, signer: keys[1].publicKey) }?.code == .rootSkipped)
        let other = try Officers().root
        #expect(refusal { _ = try RootReview(next, before: other, signer: keys[1].publicKey) }?.code == .rootSkipped)
    }

    /// Who goes signs as one of those before.
    @Test func onlyAnOfficerOfEitherSigns() throws {
        #expect(throws: Never.self) { try RootReview(next, before: before.root, signer: keys[0].publicKey) }
        let stranger = Ed25519.PrivateKey()
        #expect(
            refusal { _ = try RootReview(next, before: before.root, signer: stranger.publicKey) }?.code == .notSigned)
        let review = try RootReview(next, before: before.root, signer: keys[1].publicKey)
        #expect(refusal { _ = try review.signed(by: stranger, confirmed: [fingerprint(4)]) }?.code == .notSigned)
    }
}
