import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

@Suite struct EnrolmentTests {
    private let keys: DeviceKeys

    init() throws { keys = try DeviceKeys.generate(kind: .person) }

    private func request(_ keys: DeviceKeys? = nil, name: String = "Ada") throws -> [UInt8] {
        try EnrolmentRequest.make(keys ?? self.keys, claimedName: name, created: Founding.now)
    }

    @Test(arguments: [DeviceKind.person, .sensor])
    func roundTrips(_ kind: DeviceKind) throws {
        let keys = try DeviceKeys.generate(kind: kind)
        let request = try EnrolmentRequest(verifying: request(keys))
        #expect(request.device == keys.id)
        #expect(request.kind == kind)
        #expect(request.claimedName == "Ada")
        #expect(request.mlsKey == keys.mls.publicKey)
        #expect(request.sessionKey == keys.session.publicKey)
        #expect(request.sealing.key == keys.sealingKey)
        #expect(request.sealing.created == Founding.now)
        #expect(request.created == Founding.now)
    }

    @Test func theNameHasALength() throws {
        #expect(refusal { _ = try request(name: "") }?.code == .sourceRefused)
        #expect(refusal { _ = try request(name: String(repeating: "ü", count: 101)) }?.code == .sourceRefused)
        #expect(throws: Never.self) { try request(name: String(repeating: "ü", count: 100)) }
    }

    @Test func everyAlterationIsRefusedOrHarmless() throws {
        let whole = try request()
        let fingerprint = try EnrolmentRequest(verifying: whole).fingerprint
        for altered in alterations(of: whole) {
            do {
                #expect(try EnrolmentRequest(verifying: altered).fingerprint == fingerprint)
            } catch { #expect([.malformed, .notSigned].contains(error.code)) }
        }
    }

    /// Another's keys in the request: refused unless both of them sign.
    @Test(arguments: ["mlsKey", "sessionKey"])
    func bothSigningKeysMustSign(_ field: String) throws {
        let other = try DeviceKeys.generate(kind: .person)
        let key = field == "mlsKey" ? other.mls.publicKey : other.session.publicKey
        let forged = try resigned(with: [keys.mls, keys.session]) { $0[field] = Data(key.bytes).base64EncodedString() }
        #expect(refusal { _ = try EnrolmentRequest(verifying: forged) }?.code == .notSigned)
    }

    @Test func oneKeyForBothIsRefused() throws {
        let forged = try resigned(with: [keys.mls]) { $0["sessionKey"] = $0["mlsKey"] }
        #expect(refusal { _ = try EnrolmentRequest(verifying: forged) }?.code == .notSigned)
    }

    @Test(
        arguments: [
            ("type", "call"), ("mlsKey", "AAAA"), ("sessionKey", ""), ("sealing", "AAAA"), ("created", "today"),
            ("device", "00"), ("kind", "robot"), ("name", String(repeating: "a", count: 201)),
        ])
    func aFieldThatCannotBeIsRefused(_ field: String, _ value: String) throws {
        let forged = try resigned(with: [keys.mls, keys.session]) { $0[field] = value }
        #expect(refusal { _ = try EnrolmentRequest(verifying: forged) }?.code == .malformed)
    }

    /// [R17] Nobody puts other keys behind an id that exists: both of them sign, and the id is still another's.
    @Test func theIDIsTheHashOfTheKeys() throws {
        let mallory = try DeviceKeys.generate(kind: .person)
        let forged = try resigned(with: [mallory.mls, mallory.session]) {
            $0["mlsKey"] = Data(mallory.mls.publicKey.bytes).base64EncodedString()
            $0["sessionKey"] = Data(mallory.session.publicKey.bytes).base64EncodedString()
        }
        let error = try #require(refusal { _ = try EnrolmentRequest(verifying: forged) })
        #expect(error.code == .malformed)
        #expect(error.reason.contains("not the hash of its keys"))
    }

    @Test func theSealingKeyIsSignedByTheDevice() throws {
        let mallory = try DeviceKeys.generate(kind: .person).sealing(created: Founding.now).document
        let forged = try resigned(with: [keys.mls, keys.session]) {
            $0["sealing"] = try? JSONSerialization.jsonObject(with: JSONEncoder().encode(mallory))
        }
        #expect(refusal { _ = try EnrolmentRequest(verifying: forged) }?.code == .notSigned)
    }

    /// Who has only the call list computes the same: it is of the keys, not of the name that was claimed.
    @Test func theFingerprintIsOfTheKeys() throws {
        let a = try EnrolmentRequest(verifying: request()).fingerprint
        #expect(a == (try EnrolmentRequest(verifying: request(name: "Adb")).fingerprint))
        #expect(a != (try EnrolmentRequest(verifying: request(DeviceKeys.generate(kind: .person))).fingerprint))
        #expect(
            a != Fingerprint.of(kind: .sensor, mlsKey: keys.mls.publicKey, sessionKey: keys.session.publicKey))
        let groups = a.split(separator: " ")
        #expect(groups.count == 7)
        #expect(groups.allSatisfy { $0.count == 5 && $0.allSatisfy(\.isNumber) })
    }

    /// Frozen: two versions of the program must show the same digits on both ends of a call.
    @Test func theFingerprintIsFrozen() {
        #expect(Fingerprint.make(of: []) == "59150 68193 39228 60797 65985 73029 50296")
    }

    @Test func fingerprintsCompareHoweverTheyAreSpaced() {
        let text = Fingerprint.make(of: [1])
        #expect(Fingerprint.matches(text, text.filter { $0 != " " }))
        #expect(Fingerprint.matches(text.replacingOccurrences(of: " ", with: "-"), text))
        #expect(!Fingerprint.matches(text, Fingerprint.make(of: [2])))
        #expect(!Fingerprint.matches(String(text.dropLast()), text))
        #expect(!Fingerprint.matches("", ""))
        #expect(!Fingerprint.matches("12345", "12345"))
    }

    private func resigned(
        with signers: [Ed25519.PrivateKey], _ change: (inout [String: Any]) -> Void
    ) throws -> [UInt8] {
        let payload = try DSSEEnvelope(decoding: request()).unverifiedPayload
        var document = try #require(JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any])
        change(&document)
        return DSSEEnvelope.sign(
            [UInt8](try JSONSerialization.data(withJSONObject: document)), payloadType: EnrolmentRequest.payloadType,
            with: signers
        ).encoded()
    }
}

@Suite struct DeviceKeysTests {
    @Test(arguments: [DeviceKind.person, .sensor])
    func roundTrips(_ kind: DeviceKind) throws {
        let keys = try DeviceKeys.generate(kind: kind)
        let read = try DeviceKeys(serialized: keys.serialized())
        #expect(read.id == keys.id)
        #expect(read.kind == kind)
        #expect(read.mls.publicKey == keys.mls.publicKey)
        #expect(read.session.publicKey == keys.session.publicKey)
        #expect(read.sealingKey == keys.sealingKey)
        #expect(Set([keys.mls.publicKey.bytes, keys.session.publicKey.bytes, keys.sealingKey.bytes]).count == 3)
    }

    @Test func damageIsRefused() throws {
        let whole = try DeviceKeys.generate(kind: .person).serialized().exposedCopy()
        for length in whole.indices {
            let cut = SecretBytes(whole.prefix(length))
            #expect(refusal { _ = try DeviceKeys(serialized: cut) }?.code == .malformed)
        }
        #expect(refusal { _ = try DeviceKeys(serialized: SecretBytes(whole + [0])) }?.code == .malformed)
        for (index, value) in [(0, 1), (1, 0), (1, 3)] {
            var altered = whole
            altered[index] = UInt8(value)
            #expect(refusal { _ = try DeviceKeys(serialized: SecretBytes(altered)) }?.code == .malformed)
        }
    }
}

@Suite struct IdentifierTests {
    @Test(arguments: ["", "-a", ".a", "_a", "A", "a b", "ä", "a/b", String(repeating: "a", count: 65)])
    func refusesMemberIDs(_ text: String) {
        #expect(MemberID(text) == nil)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(MemberID.self, from: Data("\"\(text)\"".utf8)) }
    }

    @Test(arguments: ["a", "0", "a-b_c.d", String(repeating: "a", count: 64)])
    func takesMemberIDs(_ text: String) throws {
        #expect(MemberID(text)?.description == text)
    }

    @Test func deviceIDsAreSixteenBytes() throws {
        #expect(DeviceID([UInt8](repeating: 1, count: 15)) == nil)
        #expect(DeviceID([UInt8](repeating: 1, count: 17)) == nil)
        let id = try #require(DeviceID("000102030405060708090a0b0c0d0e0f"))
        #expect(id.bytes == Array(0...15))
        #expect(id.short == "00010203")
        #expect(try JSONDecoder().decode(DeviceID.self, from: JSONEncoder().encode(id)) == id)
        for text in ["", "00", "000102030405060708090A0B0C0D0E0F", "000102030405060708090a0b0c0d0e0g"] {
            #expect(DeviceID(text) == nil)
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(DeviceID.self, from: Data("\"\(text)\"".utf8))
            }
        }
    }
}
