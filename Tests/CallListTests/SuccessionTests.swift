import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// Which list may follow which: version +1, hash-linked, and never a fork.
@Suite struct SuccessionTests {
    private let fixture: Founding
    private let first: CallList

    init() throws {
        fixture = try Founding()
        first = try fixture.list()
    }

    @Test func theNextVersionFollows() throws {
        let second = try fixture.list(previous: first)
        #expect(second.version == 2)
        #expect(second.previous == first.digest)
        #expect(throws: Never.self) { try second.checkSucceeds(first) }
        #expect(!second.isSame(as: first))
    }

    @Test func anOlderListIsRefused() throws {
        let second = try fixture.list(previous: first)
        let error = try #require(refusal { try first.checkSucceeds(second) })
        #expect(error.code == .older)
        #expect(error.hint != nil)
    }

    @Test func theVerySameListIsRecognised() throws {
        let again = try UnverifiedCallList(decoding: first.bundleBytes).verify(root: fixture.root)
        #expect(again.isSame(as: first))
        #expect(refusal { try again.checkSucceeds(first) }?.code == .older)
    }

    @Test func aGapIsRefused() throws {
        let third = try fixture.list(previous: fixture.list(previous: first))
        let error = try #require(refusal { try third.checkSucceeds(first) })
        #expect(error.code == .gap)
        #expect(error.reason.contains("3") && error.reason.contains("1"))
    }

    @Test func twoListsOfOneVersionAreAnEquivocation() throws {
        let (a, b) = (try fixture.list(previous: first), try fixture.list(previous: first))
        #expect(a.digest != b.digest)
        #expect(refusal { try a.checkSucceeds(b) }?.code == .equivocation)
        #expect(refusal { try b.checkSucceeds(a) }?.code == .equivocation)
    }

    @Test func aListOfAnotherBranchIsRefused() throws {
        let (a, b) = (try fixture.list(previous: first), try fixture.list(previous: first))
        let afterA = try fixture.list(previous: a)
        #expect(throws: Never.self) { try afterA.checkSucceeds(a) }
        #expect(refusal { try afterA.checkSucceeds(b) }?.code == .wrongPrevious)
    }

    /// One rule for relays, clients and signers: time goes forward from list to list.
    @Test(arguments: [(-86_400, .notLater), (0, .notLater), (1, .next)] as [(Int, CallListHistory.Standing)])
    func aListIsIssuedAfterTheOneBeforeIt(_ seconds: Int, _ expected: CallListHistory.Standing) throws {
        let issued = Documents.timestamp(Founding.now.addingTimeInterval(TimeInterval(seconds)))
        let next = try UnverifiedCallList(
            decoding: resigned { document in
                document.merge(["version": 2, "previous": first.digest, "issued": issued]) { $1 }
            }
        ).verify(root: fixture.root)
        var history = try CallListHistory([first])
        #expect(history.standing(of: next) == expected)
        #expect(!expected.isProof)
        let error = refusal { try next.checkSucceeds(first) }
        guard expected == .notLater else {
            #expect(error == nil)
            return
        }
        #expect(error?.code == .notLater && error?.hint != nil)
        for time in [issued, Documents.timestamp(first.issued)] { #expect(error?.reason.contains(time) == true) }
        #expect(refusal { _ = try history.take(next) }?.code == .notLater)
        #expect(history.lists.count == 1)
    }

    /// The compiler sees to it, whatever its clock says.
    @Test func aCompiledListIsIssuedAfterTheOneBeforeIt() throws {
        for seconds in [-86_400, 0, 0.5] {
            let next = try fixture.list(previous: first, at: Founding.now.addingTimeInterval(seconds))
            #expect(next.issued == first.issued.addingTimeInterval(1))
        }
        let next = try fixture.list(previous: first, at: Founding.now.addingTimeInterval(90.7))
        #expect(next.issued == first.issued.addingTimeInterval(90))
    }

    /// An expired list warns and works: it must not lock responders out in a crisis.
    @Test func anExpiredListIsStillUsable() throws {
        let list = try fixture.list(fixture.source(validityDays: 1), at: Date(timeIntervalSince1970: 1_000_000_000))
        let end = Date(timeIntervalSince1970: 1_000_086_400)
        #expect(!list.isExpired(at: end.addingTimeInterval(-1)))
        #expect(list.isExpired(at: end))
        #expect(try list.openTeam(with: fixture.ada).members.count == 3)
        let next = try fixture.list(previous: list)
        #expect(throws: Never.self) { try next.checkSucceeds(list) }
    }

    /// What the threshold signs must still make sense: each rule broken by itself, under valid signatures.
    @Test(
        arguments: [
            (["type": "root"], .malformed), (["spec": 1], .malformed), (["root": "00"], .wrongRoot),
            (["version": 0], .malformed), (["version": 2], .malformed), (["previous": "00"], .malformed),
            (["issued": "now"], .malformed), (["expires": "2001-01-01T00:00:00Z"], .malformed),
            (["version": -1], .malformed), (["relays": [Int]()], .limitExceeded), (["views": [Int]()], .viewMismatch),
            (["devices": 7], .malformed),
        ] as [([String: any Sendable], CallListError.Code)])
    func aSignedListThatCannotBeIsRefused(_ change: [String: any Sendable], _ expected: CallListError.Code) throws {
        let forged = try resigned { document in document.merge(change) { $1 } }
        #expect(refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }?.code == expected)
    }

    @Test(arguments: ["mlsKey", "sessionKey", "sealing", "commitment", "expires", "id", "kind"])
    func aDeviceThatIsNoneIsRefused(_ field: String) throws {
        let forged = try resigned { document in
            var devices = document["devices"] as? [[String: Any]] ?? []
            devices[0][field] = "AAAA"
            document["devices"] = devices
        }
        #expect(refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }?.code == .malformed)
    }

    @Test(arguments: ["id", "mlsKey", "sessionKey", "sealing"])
    func twoDevicesShareNothing(_ field: String) throws {
        let forged = try resigned { document in
            var devices = document["devices"] as? [[String: Any]] ?? []
            devices[0][field] = devices[1][field]
            document["devices"] = devices
        }
        let error = refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }
        #expect(error?.reason.contains("twice") == true)
    }

    /// No key serves two purposes, so a device's signing keys must differ as well.
    @Test func oneDevicesKeysDiffer() throws {
        let forged = try resigned { document in
            var devices = document["devices"] as? [[String: Any]] ?? []
            devices[0]["sessionKey"] = devices[0]["mlsKey"]
            document["devices"] = devices
        }
        let error = refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }
        #expect(error?.reason.contains("twice") == true)
    }

    /// The attack on first light: other keys behind a device's id, or another's id before own keys [R17].
    @Test(arguments: ["mlsKey", "sessionKey", "kind"])
    func aDevicesIDIsTheHashOfItsKeys(_ field: String) throws {
        let other = Ed25519.PrivateKey().publicKey
        let forged = try resigned { document in
            var devices = document["devices"] as? [[String: Any]] ?? []
            let kind = devices[0]["kind"] as? String
            devices[0][field] =
                field == "kind" ? (kind == "person" ? "sensor" : "person") : Data(other.bytes).base64EncodedString()
            document["devices"] = devices
        }
        let error = try #require(refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) })
        #expect(error.code == .malformed)
        #expect(error.reason.contains("not the hash of its keys"))
    }

    /// Whoever puts a sealing key of their own into the list is not who holds the device.
    @Test func aSealingKeyIsItsDevicesOwn() throws {
        let mallory = try DeviceKeys.generate(kind: .person)
        for sealing in [mallory.sealing(created: Founding.now), officerSealing()] {
            let forged = try resigned { document in
                var devices = document["devices"] as? [[String: Any]] ?? []
                devices[0]["sealing"] = Self.object(sealing.document)
                document["devices"] = devices
            }
            #expect(
                refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }?.code == .notSigned)
        }
    }

    /// What was verified in a list before is not verified again, and what is new is.
    @Test func whatIsKnownHelpsNoForgery() throws {
        let known = try fixture.list()
        let again = try UnverifiedCallList(decoding: first.bundleBytes).verify(root: fixture.root, known: known)
        #expect(again.devices.map(\.sealing) == first.devices.map(\.sealing))
        let mallory = try DeviceKeys.generate(kind: .person).sealing(created: Founding.now)
        let forged = try resigned { document in
            var devices = document["devices"] as? [[String: Any]] ?? []
            devices[0]["sealing"] = Self.object(mallory.document)
            document["devices"] = devices
        }
        #expect(
            refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root, known: known) }?.code
                == .notSigned)
    }

    @Test func anOfficersSealingKeyIsSignedByTheirRootKey() throws {
        let forged = try resigned { document in
            var officers = document["officers"] as? [[String: Any]] ?? []
            officers[0]["sealing"] = Self.object(fixture.ada.sealing(created: Founding.now).document)
            document["officers"] = officers
        }
        #expect(refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }?.code == .malformed)
        let stranger = try resigned { document in
            var officers = document["officers"] as? [[String: Any]] ?? []
            officers[0]["key"] = Data(Ed25519.PrivateKey().publicKey.bytes).base64EncodedString()
            document["officers"] = officers
        }
        #expect(
            refusal { _ = try UnverifiedCallList(decoding: stranger).verify(root: fixture.root) }?.reason
                .contains("not of its root") == true)
    }

    /// Signed by a device's own MLS key, as an officer's.
    private func officerSealing() -> SealingKey {
        .sign(X25519.PrivateKey().publicKey, created: Founding.now, holder: .officer, by: fixture.ada.mls)
    }

    private static func object(_ document: UnverifiedSealingKey) -> Any {
        (try? JSONSerialization.jsonObject(with: JSONEncoder().encode(document))) ?? [:]
    }

    @Test func anotherPayloadTypeIsRefused() throws {
        let forged = try resigned(as: "text/plain") { _ in }
        #expect(refusal { _ = try UnverifiedCallList(decoding: forged).verify(root: fixture.root) }?.code == .notSigned)
        #expect(
            refusal { _ = try UnverifiedCallList(decoding: forged).preview(root: fixture.root) }?.code == .malformed)
    }

    /// The first list with `change` to its clear part, signed by two officers all the same.
    private func resigned(
        as type: String = ClearPart.payloadType, _ change: (inout [String: Any]) -> Void
    ) throws -> [UInt8] {
        let bundle = try Documents.decode(UnverifiedCallList.Bundle.self, from: first.bundleBytes, what: "list")
        let payload = try DSSEEnvelope(decoding: [UInt8](bundle.envelope)).unverifiedPayload
        var document = try #require(JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any])
        change(&document)
        let envelope = DSSEEnvelope.sign(
            [UInt8](try JSONSerialization.data(withJSONObject: document)), payloadType: type,
            with: Array(fixture.officers.keys.prefix(2)))
        return try Documents.encode(
            UnverifiedCallList.Bundle(envelope: Data(envelope.encoded()), views: bundle.views))
    }
}
