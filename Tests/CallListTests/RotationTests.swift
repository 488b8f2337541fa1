import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// Officers change, and devices follow by themselves: over several rotations, after months away, and never to a root that the
/// officers before it did not sign [R17].
@Suite struct RotationTests {
    private let team: RotatedTeam

    init() throws {
        team = try RotatedTeam(
            roots: ["1 -> 2 -> 3", "1 -> 2'"],
            "G@1 -> A@2 -> B@2 -> C@3 -> D@3", "G@1 -> A'@2' -> B'@2'", "G@1 -> A@2 -> X@1", "G@1 -> A@2 -> Y@2'",
            "G@1 -> A@2 -> B@2 -> C@3 -> Z@2")
    }

    private func history(_ line: String, pin: String = "1") throws -> CallListHistory {
        try CallListHistory(
            line.split(separator: "->").map { try team.verified($0.filter { $0 != " " }, pin: pin) })
    }

    @Test func aDeviceFollowsOverSeveralRotations() throws {
        let history = try history("G -> A -> B -> C -> D")
        #expect(history.lists.map(\.root.version) == [1, 2, 2, 3, 3])
        #expect(history.newest?.root.digest == (try team.root("3").digest))
    }

    /// Away for months, with the first list and the first root: the newest list alone leads to its root.
    @Test func whoWasAwayFollowsFromTheNewestListAlone() throws {
        let newest = try team.verified("D", pin: "1")
        #expect(newest.roots.roots.map(\.version) == [1, 2, 3])
        for version in 1...3 as ClosedRange<UInt64> {
            #expect(try newest.roots[version: version]?.digest == team.root(String(version)).digest)
        }
        #expect(newest.roots[version: 4] == nil)
    }

    /// Enrolled later, with the digest of that day on paper.
    @Test func aLaterPinGoesOnFromThere() throws {
        #expect(try team.verified("D", pin: "2").roots.roots.map(\.version) == [2, 3])
        #expect(try team.verified("D", pin: "3").roots.roots.map(\.version) == [3])
        // The list goes on carrying all of them, whoever compiled it.
        #expect(try team.verified("D", pin: "3").rotations.count == 2)
        for (list, pin) in [("G", "2"), ("A", "3"), ("A'", "2"), ("A", "2'"), ("D", "2'")] {
            #expect(refusal { _ = try team.verified(list, pin: pin) } != nil)
        }
    }

    @Test(
        arguments: [
            ("G -> A", "B", .next), ("G -> A -> B", "C", .next), ("G", "A'", .next),
            // Officers who were replaced still sign, the root before's or another branch's.
            ("G -> A", "X", .leftRoot), ("G -> A", "Y", .leftRoot), ("G -> A -> B -> C", "Z", .leftRoot),
            ("G -> A", "B'", .fork), ("G -> A", "A'", .equivocation),
        ] as [(String, String, CallListHistory.Standing)])
    func aListIsWhatItIsToThoseKept(_ kept: String, _ comes: String, _ standing: CallListHistory.Standing) throws {
        var history = try history(kept)
        let list = try team.verified(comes, pin: "1")
        #expect(history.standing(of: list) == standing)
        guard let refusal = history.refusal(of: list, as: standing) else {
            #expect(standing == .next)
            return
        }
        #expect(standing.isProof)
        #expect(throws: refusal) { try history.take(list) }
    }

    // MARK: The root itself

    /// A second root of new officers, signed by some of the old ones and some of the new.
    private func second(old: Int, new: Int, of count: Int = 3) throws -> (TrustedRoot, [UInt8]) {
        let before = try Officers()
        let keys = (0..<count).map { _ in Ed25519.PrivateKey() }
        var root = try UnverifiedRoot(
            decoding: TrustedRoot.draft(officers: keys.map(\.publicKey), threshold: 2, after: before.root).encoded())
        for key in before.keys.prefix(old) + keys.prefix(new) {
            root = try root.adding(signatureBy: key, before: before.root)
        }
        return (before.root, root.bytes)
    }

    @Test(arguments: [(2, 2, true), (3, 3, true), (0, 3, false), (1, 3, false), (3, 0, false), (3, 1, false)])
    func bothThresholdsSign(_ old: Int, _ new: Int, _ isTaken: Bool) throws {
        let (before, bytes) = try second(old: old, new: new)
        #expect(refusal { _ = try TrustedRoot(verifying: bytes, after: before) }?.code == (isTaken ? nil : .notSigned))
    }

    /// An officer of both counts in both, with one signature.
    @Test func whoStaysSignsOnce() throws {
        let keys = try (1...4).map { try Officers.key($0) }
        let before = try Officers(Array(keys.prefix(3)), threshold: 2)
        let after = try Officers(Array(keys.suffix(3)), threshold: 2, after: before)
        #expect(after.root.version == 2)
        #expect(throws: Never.self) { try TrustedRoot(verifying: after.root.envelope, after: before.root) }
    }

    @Test func aSkippedVersionIsRefused() throws {
        let (first, third) = (try team.root("1"), try team.root("3"))
        #expect(refusal { _ = try TrustedRoot(verifying: third.envelope, after: first) }?.code == .rootSkipped)
        #expect(refusal { _ = try RootChain(from: first, through: [third.envelope]) }?.code == .rootSkipped)
        let back = try [team.root("2").envelope, team.root("2").envelope]
        #expect(refusal { _ = try RootChain(from: first, through: back) }?.code == .rootSkipped)
        let branches = try [team.root("2'").envelope, third.envelope]
        #expect(refusal { _ = try RootChain(from: first, through: branches) }?.code == .rootSkipped)
    }

    /// A list whose roots were taken away leads nowhere.
    @Test func aListWithoutItsRootsIsRefused() throws {
        let whole = try Documents.decode(
            UnverifiedCallList.Bundle.self, from: try #require(team.bundles["D"]), what: "list")
        for (roots, code) in [
            ([], .wrongRoot), ([whole.roots[0]], .wrongRoot), ([whole.roots[1]], .rootSkipped),
            (whole.roots.reversed(), .rootSkipped), (whole.roots + [whole.roots[1]], .rootSkipped),
            ([Data([1])], .malformed),
        ] as [([Data], CallListError.Code)] {
            let bundle = UnverifiedCallList.Bundle(envelope: whole.envelope, views: whole.views, roots: roots)
            let error = refusal {
                _ = try UnverifiedCallList(decoding: Documents.encode(bundle)).verify(root: team.root("1"))
            }
            // Without its own root there, the signatures are looked for among the wrong officers.
            #expect(error?.code == code || (code == .wrongRoot && error?.code == .notSigned))
        }
    }

    /// What comes before the pinned root is part of the chain: nothing is passed over unseen.
    @Test func theChainLeadsToThePinnedRoot() throws {
        let roots = try ["2", "3"].map { try team.root($0).envelope }
        let branch = try team.root("2'").envelope
        for (pin, envelopes, code) in [
            ("2", roots, nil), ("3", roots, nil), ("2", [roots[1]], nil), ("3", [], nil),
            ("2", [branch], .wrongRoot), ("2'", roots, .wrongRoot), ("2", [branch, roots[1]], .wrongRoot),
            ("3", [branch, roots[1]], .rootSkipped), ("3", [roots[0]], .wrongRoot),
            ("3", [roots[1], roots[1]], .rootSkipped),
            ("3", [roots[1], roots[0]], .rootSkipped), ("3", [[1]] + roots, .malformed),
        ] as [(String, [[UInt8]], CallListError.Code?)] {
            let error = refusal { _ = try RootChain(from: team.root(pin), through: envelopes) }
            #expect(error?.code == code, "pinned \(pin), \(envelopes.count) roots: \(error?.reason ?? "taken")")
        }
    }

    /// Signers see to it that whoever pins the first root can follow, though they pin a later one themselves.
    @Test func signersWantEveryRootFromTheSecondOn() throws {
        let team = try RotatedTeam(roots: ["1 -> 2 -> 3"], "F@3")
        let whole = try Documents.decode(
            UnverifiedCallList.Bundle.self, from: try #require(team.bundles["F"]), what: "list")
        for (roots, isSigned) in [(whole.roots, true), ([], false), ([whole.roots[1]], false)] as [([Data], Bool)] {
            let bundle = UnverifiedCallList.Bundle(envelope: whole.envelope, views: whole.views, roots: roots)
            let error = refusal {
                _ = try CallListReview(
                    UnverifiedCallList(decoding: Documents.encode(bundle)), root: team.root("3"), previous: nil,
                    reader: team.officer("3").reader(0), now: Founding.now)
            }
            #expect(error?.code == (isSigned ? nil : .reviewRefused))
        }
    }

    @Test func everyAlterationOfTheRootsIsRefusedOrHarmless() throws {
        let whole = try Documents.decode(
            UnverifiedCallList.Bundle.self, from: try #require(team.bundles["C"]), what: "list")
        let digest = try team.verified("C", pin: "1").root.digest
        for altered in alterations(of: [UInt8](whole.roots[0]), step: 3) {
            let bundle = UnverifiedCallList.Bundle(
                envelope: whole.envelope, views: whole.views, roots: [Data(altered), whole.roots[1]])
            if let list = try? UnverifiedCallList(decoding: Documents.encode(bundle)).verify(root: team.root("1")) {
                #expect(list.root.digest == digest)
            }
        }
    }

    @Test func moreRootsThanAllowedAreRefused() throws {
        let whole = try Documents.decode(
            UnverifiedCallList.Bundle.self, from: try #require(team.bundles["D"]), what: "list")
        let many = UnverifiedCallList.Bundle(
            envelope: whole.envelope, views: whole.views,
            roots: Array(repeating: whole.roots[0], count: CallListLimits.roots + 1))
        #expect(refusal { _ = try UnverifiedCallList(decoding: Documents.encode(many)) }?.code == .limitExceeded)
    }

    @Test func aSignatureNeedsTheRootThatIsReplaced() throws {
        let before = try Officers()
        let draft = try UnverifiedRoot(
            decoding: TrustedRoot.draft(
                officers: before.keys.map(\.publicKey), threshold: 2, after: before.root
            ).encoded())
        #expect(refusal { _ = try draft.adding(signatureBy: before.keys[0]) }?.code == .rootSkipped)
        let other = try Officers().root
        #expect(refusal { _ = try draft.adding(signatureBy: before.keys[0], before: other) }?.code == .rootSkipped)
        #expect(
            refusal { _ = try draft.adding(signatureBy: Ed25519.PrivateKey(), before: before.root) }?.code == .notSigned
        )
    }

    /// The officers of the list see who they are from now on.
    @Test func theSignersWordsNameTheNewOfficers() throws {
        let before = try OpenedCallList(
            team.verified("G", pin: "1"), team: TeamView(members: [], sensors: [], policies: []))
        let after = try OpenedCallList(
            team.verified("A", pin: "1"), team: TeamView(members: [], sensors: [], policies: []))
        let changes = CallListChanges(from: before, to: after).changes.filter { $0.part == .officers }
        #expect(changes.count { $0.mark == .added } == 3)
        #expect(changes.count { $0.mark == .removed } == 3)
        let root = try #require(changes.first { $0.subject == "root" })
        #expect(root.words.contains("version 1 → 2"))
        #expect(root.words.contains { $0.hasPrefix("digest ") && $0.hasSuffix(Spoken.grouped(after.list.root.digest)) })
    }
}
