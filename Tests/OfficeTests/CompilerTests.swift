import DSSE
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList
@testable import Office

/// From source to a list that is valid, and what is refused on the way.
@Suite struct CompilerTests {
    private let fixture: Founding

    init() throws { fixture = try Founding() }

    @Test func oneSignatureIsRefusedAndTwoAreAccepted() throws {
        let bundle = try fixture.compile(fixture.source()).bundle
        let unsigned = try UnverifiedCallList(decoding: bundle)
        #expect(unsigned.signatureCount(root: fixture.root) == 0)
        #expect(refusal { _ = try unsigned.verify(root: fixture.root) }?.code == .notSigned)

        let once = try UnverifiedCallList(decoding: fixture.signed(bundle, by: 0))
        #expect(once.signatureCount(root: fixture.root) == 1)
        let error = try #require(refusal { _ = try once.verify(root: fixture.root) })
        #expect(error.code == .notSigned)
        #expect(error.hint?.contains("calllist sign") == true)

        let sameTwice = try UnverifiedCallList(decoding: fixture.signed(bundle, by: 0, 0))
        #expect(refusal { _ = try sameTwice.verify(root: fixture.root) }?.code == .notSigned)

        let bytes = try fixture.signed(bundle, by: 0, 2)
        let list = try UnverifiedCallList(decoding: bytes).verify(root: fixture.root)
        #expect(list.version == 1)
        #expect(list.previous == nil)
        #expect(list.bundleBytes == bytes)
        #expect(list.issued == Founding.now)
        #expect(list.expires == Founding.now.addingTimeInterval(90 * 86_400))
        #expect(list.relays == [Founding.relay])
    }

    @Test func theListHoldsTheDevicesKeysAndNoNames() throws {
        let list = try fixture.list()
        #expect(list.devices.map(\.id) == fixture.people.map(\.1.id).sorted())
        let ada = try #require(list.device(fixture.ada.id))
        #expect(ada.kind == .person)
        #expect(ada.mlsKey == fixture.ada.mls.publicKey)
        #expect(ada.sessionKey == fixture.ada.session.publicKey)
        #expect(ada.sealing.key == fixture.ada.sealingKey)
        #expect(ada.expires == Founding.now.addingTimeInterval(180 * 86_400))
        #expect(list.device(fixture.siem.id)?.kind == .sensor)
        #expect(list.device(.random()) == nil)

        let envelope = try DSSEEnvelope(decoding: clearEnvelope(list))
        let clear = String(decoding: envelope.unverifiedPayload, as: UTF8.self)
        let everything = String(decoding: list.bundleBytes, as: UTF8.self)
        // Long enough not to come up by chance in the base64 of a key.
        for name in ["Ada Ohm", "Ben Volt", "Mira Watt", "responder", "analyst", "\"SIEM\"", "\"night\""] {
            #expect(!clear.contains(name))
            #expect(!everything.contains(name))
        }
    }

    /// A record can later open just its participants: the commitment is over salt, id, name, sorted roles and clearance.
    @Test func theCommitmentOpens() throws {
        let list = try fixture.list()
        let key = try list.open(SealedView.teamName, .device(fixture.ada)).key
        let salt = key.salt(for: try #require(MemberID("ada")))
        var input = Array("tocsin member commitment v2\0".utf8) + salt
        for part in ["ada", "Ada Ohm", "lead,responder", "RED"] {
            input += [0, 0, 0, UInt8(part.utf8.count)] + Array(part.utf8)
        }
        #expect(salt.count == 16)
        #expect(list.device(fixture.ada.id)?.commitment == SHA256.hash(input))
    }

    @Test func theReportSaysWhatChanged() throws {
        let first = try fixture.compile(fixture.source()).report
        #expect(first.version == 1)
        #expect(first.removed.isEmpty)
        #expect(Set(first.added.map(\.owner)) == ["Ada Ohm", "Ben Volt", "Mira Watt", "SIEM", "Probe"])
        #expect(
            try first.added.first { $0.device == fixture.ada.id }?.fingerprint == fixture.fingerprint("ada"))
        #expect(first.warnings.isEmpty)

        let second = try fixture.compile(fixture.source(without: "mira"), previous: fixture.list()).report
        #expect(second.version == 2)
        #expect(second.added.isEmpty)
        #expect(second.removed == [fixture.mira.id])
        // [R13]: a step that calls nobody is said before anybody signs.
        #expect(second.warnings.contains("step 2 of policy “night” calls nobody and will be skipped"))
        #expect(second.warnings.contains("“Mira Watt” (mira) has no device and cannot be reached"))
    }

    /// A version before that was made with a clock ahead: the compiler says so, and nobody signs without looking.
    @Test func aListAfterOneFromTheFutureIsWarnedOf() throws {
        let ahead = Founding.now.addingTimeInterval(400 * 86_400)
        let before = try fixture.list(at: ahead)
        let compiled = try fixture.compile(fixture.source(), previous: before)
        #expect(compiled.report.warnings.contains { $0.hasPrefix("the version before was issued with a clock ahead") })
        func review(accepting issued: Date?) throws -> CallListReview {
            try CallListReview(
                UnverifiedCallList(decoding: compiled.bundle), root: fixture.root, previous: before,
                reader: fixture.officers.reader(0), now: Founding.now, accepting: issued)
        }
        #expect(refusal { _ = try review(accepting: nil) }?.code == .reviewRefused)
        let issued = ahead.addingTimeInterval(1)
        #expect(try review(accepting: issued).list.issued == issued)
    }

    /// A step that is never released must be said before anybody signs, not found out at night.
    @Test func aStepBeyondTheHorizonIsSaid() throws {
        for (horizon, isSaid) in [("5m", true), ("301s", false)] {
            let text = try fixture.source().replacingOccurrences(of: "horizon: 12h", with: "horizon: \(horizon)")
            let warning = "step 2 of policy “night” comes after the policy's horizon and is never released"
            #expect(try fixture.compile(text).report.warnings == (isSaid ? [warning] : []))
        }
    }

    @Test func aDeviceEndsWithItsMembership() throws {
        let end = "2030-04-01"
        let text = try fixture.source().replacingOccurrences(
            of: "name: Ada Ohm", with: "name: Ada Ohm\n    expires: \(end)")
        let list = try fixture.list(text)
        #expect(list.device(fixture.ada.id)?.expires == Documents.date("\(end)T23:59:59Z"))
        #expect(list.device(fixture.ben.id)?.expires == Founding.now.addingTimeInterval(180 * 86_400))
    }

    @Test func aFingerprintThatIsNotTheRequestsIsRefused() throws {
        let text = try fixture.source().replacingOccurrences(
            of: fixture.fingerprint("ada"), with: fixture.fingerprint("ben"))
        let error = try #require(refusal { _ = try fixture.compile(text) })
        #expect(error.code == .fingerprintMismatch)
        #expect(error.reason.contains("ada.request"))
        #expect(error.hint?.contains("by voice") == true)
    }

    @Test func aSensorIsNoPerson() throws {
        let text = try fixture.source()
        for (what, by) in [("ada", "siem"), ("siem", "ada")] {
            let swapped = try text.replacingOccurrences(
                of: "\(what).request, fingerprint: \"\(fixture.fingerprint(what))\"",
                with: "\(by).request, fingerprint: \"\(fixture.fingerprint(by))\"")
            #expect(refusal { _ = try fixture.compile(swapped) }?.code == .sourceRefused)
        }
    }

    @Test func aDeviceIsThereOnce() throws {
        let text = try fixture.source().replacingOccurrences(
            of: "ben.request, fingerprint: \"\(fixture.fingerprint("ben"))\"",
            with: "ada.request, fingerprint: \"\(fixture.fingerprint("ada"))\"")
        #expect(refusal { _ = try fixture.compile(text) }?.reason.contains("there twice") == true)
    }

    @Test func missingAndDamagedFilesAreNamed() throws {
        try FileManager.default.removeItem(at: fixture.directory.file("relay.json"))
        let text = try fixture.source()
        let missing = try #require(refusal { _ = try fixture.compile(text) })
        #expect(missing.code == .fileFailure)
        #expect(missing.reason.contains("relay.json"))
        try fixture.directory.write("relay.json", Array("{}".utf8))
        #expect(refusal { _ = try fixture.compile(text) }?.code == .malformed)
    }

    @Test(
        arguments: [
            ("", ["https://192.0.2.1:1"], 32, 1), ("r", [], 32, 1), ("r", ["http://192.0.2.1:1"], 32, 1),
            ("r", ["https://192.0.2.1:1"], 31, 1), ("r", ["https://192.0.2.1:1"], 32, 0),
            ("r", ["https://192.0.2.1:1"], 32, 16_385),
            ("r", Array(repeating: "https://192.0.2.1:1", count: 9), 32, 1),
        ])
    func aRelayThatIsNoneIsRefused(_ id: String, _ addresses: [String], _ key: Int, _ certificate: Int) throws {
        let record = RelayRecord(
            id: id, addresses: addresses, identity: Data(count: key), tlsCertificate: Data(count: certificate))
        let error = refusal { _ = try RelayRecord.read(record.encoded()) }
        #expect(error?.code == .malformed)
        #expect(error?.hint != nil)
    }

    @Test(
        arguments: [
            ("https://192.0.2.1:8443", true), ("https://[2001:db8::1]:443", true), ("https://[::1]:1", true),
            ("https://\(String(repeating: "a2", count: 28)).onion:443", true), ("https://127.0.0.1:65535", true),
            ("https://relay.example:8443", false), ("https://localhost:8443", false), ("https://192.0.2.1", false),
            ("https://192.0.2.1:0", false), ("https://192.0.2.1:65536", false), ("https://192.0.2.1:+1", false),
            ("https://192.0.2.1:8443/", false), ("https://192.0.2.1:8443/path", false),
            ("https://a@192.0.2.1:1", false),
            ("https://2001:db8::1:443", false), ("https://[192.0.2.1]:443", false), ("https://[::1%lo]:443", false),
            ("https://short.onion:443", false), ("https://x.\(String(repeating: "a", count: 56)).onion:1", false),
            ("https://\(String(repeating: "1", count: 56)).onion:443", false), ("https://", false), ("", false),
            ("https://:443", false), ("https://192.0.2.1:", false), ("https://192.0.2.1 :443", false),
            ("http://192.0.2.1:443", false), ("https://192.0.2.1\u{0}:443", false),
        ])
    func aRelaysAddressNeedsNoNameService(_ address: String, _ accepted: Bool) throws {
        let record = RelayRecord(
            id: "r", addresses: [address], identity: Data(count: 32), tlsCertificate: Data([1]))
        #expect(refusal { _ = try RelayRecord.read(record.encoded()) }?.code == (accepted ? nil : .malformed))
    }

    @Test func onlyAnOfficerSigns() throws {
        let bundle = try fixture.compile(fixture.source()).bundle
        let stranger = try Officers.key(9)
        #expect(
            refusal {
                _ = try UnverifiedCallList(decoding: bundle).adding(
                    signatureBy: stranger, root: fixture.root)
            }?.code == .notSigned)
    }

    @Test func anotherRootsListIsRefused() throws {
        let bytes = try fixture.signed(fixture.compile(fixture.source()).bundle, by: 0, 1)
        // The same officers under another root: the signatures are valid, the list was not made for it.
        let other = try Officers(Array(fixture.officers.keys.prefix(2)), threshold: 2).root
        #expect(refusal { _ = try UnverifiedCallList(decoding: bytes).verify(root: other) }?.code == .wrongRoot)
        #expect(
            refusal {
                _ = try UnverifiedCallList(decoding: bytes).adding(
                    signatureBy: fixture.officers.keys[0], root: other)
            }?.code == .wrongRoot)
    }

    private func clearEnvelope(_ list: CallList) throws -> [UInt8] {
        [UInt8](try Documents.decode(UnverifiedCallList.Bundle.self, from: list.bundleBytes, what: "list").envelope)
    }
}
