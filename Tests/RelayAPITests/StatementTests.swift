import DSSE
import Foundation
import RelayAPI
import Sodium
import Terms
import Testing

/// Acknowledgements as the relay and readers check them [R11].
@Suite struct StatementTests {
    private let key: Ed25519.PrivateKey
    private let statement: Statement

    init() throws {
        key = try Ed25519.PrivateKey(seed: SecretBytes(Sample.bytes(1, 32)))
        statement = Statement(
            kind: .ack, room: try Sample.room(), device: try Sample.device(0x33), event: try Sample.event(),
            at: Timestamp(milliseconds: 12))
    }

    @Test func roundTrips() throws {
        #expect(try Statement(verifying: statement.signed(by: key), by: key.publicKey) == statement)
    }

    @Test func thePayloadIsFrozen() throws {
        let payload = try DSSEEnvelope(decoding: statement.signed(by: key)).unverifiedPayload
        #expect(
            String(decoding: payload, as: UTF8.self)
                == #"{"at":12,"device":"\#(run("33", 16))","event":"\#(run("22", 16))","kind":"ack","#
                + #""room":"\#(run("11", 16))","version":1}"#)
    }

    @Test func anothersKeyIsRefused() throws {
        let other = Ed25519.PrivateKey()
        #expect(throws: DSSEError.self) { try Statement(verifying: statement.signed(by: other), by: key.publicKey) }
    }

    @Test(arguments: [("ack", "nod"), ("\"version\":1", "\"version\":2"), ("\"at\":12", "\"at\":-1"), ("3333", "33zz")])
    func whatCannotBeIsRefused(_ what: String, _ by: String) throws {
        let payload = try DSSEEnvelope(decoding: statement.signed(by: key)).unverifiedPayload
        let text = String(decoding: payload, as: UTF8.self)
        let forged = text.replacingOccurrences(of: what, with: by)
        try #require(forged != text)
        let envelope = DSSEEnvelope.sign(Array(forged.utf8), payloadType: Statement.payloadType, with: [key])
        #expect(throws: DecodingError.self) { try Statement(verifying: envelope.encoded(), by: key.publicKey) }
    }

    @Test func anotherTypesSignatureIsRefused() throws {
        let payload = try DSSEEnvelope(decoding: statement.signed(by: key)).unverifiedPayload
        let envelope = DSSEEnvelope.sign(payload, payloadType: "text/plain", with: [key])
        #expect(throws: DSSEError.self) { try Statement(verifying: envelope.encoded(), by: key.publicKey) }
    }

    @Test func everyAlterationIsRefusedOrHarmless() throws {
        let whole = try statement.signed(by: key)
        for index in whole.indices {
            #expect(throws: (any Error).self) {
                try Statement(verifying: Array(whole.prefix(index)), by: key.publicKey)
            }
            var flipped = whole
            flipped[index] ^= 1 << UInt8(index % 8)
            if let read = try? Statement(verifying: flipped, by: key.publicKey) { #expect(read == statement) }
        }
    }
}

/// The JSON requests and answers, and the small types in them.
@Suite struct ControlTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test func theFormsAreFrozen() throws {
        let device = try Sample.device(0x33)
        #expect(
            try json(SessionRequest(device: device, challenge: Data([1]), signature: Data([2])))
                == #"{"challenge":"AQ==","device":"\#(run("33", 16))","signature":"Ag=="}"#)
        #expect(
            try json(SessionAnswer(token: "t", expires: Timestamp(milliseconds: 5))) == #"{"expires":5,"token":"t"}"#)
        #expect(
            try json(Problem(code: .commitConflict, title: "t", status: 409, head: 7))
                == #"{"code":"commitConflict","head":7,"status":409,"title":"t"}"#)
        #expect(
            try json(KeyPackageClaim(claim: Sample.event(), devices: [device]))
                == #"{"claim":"\#(run("22", 16))","devices":["\#(run("33", 16))"]}"#)
        #expect(
            try json(CursorUpdate(cursors: [.init(room: Sample.room(), seq: 3)]))
                == #"{"cursors":[{"room":"\#(run("11", 16))","seq":3}]}"#)
    }

    @Test func theSessionsSignedContentNamesRelayAndDevice() throws {
        let content = SessionRequest.signedContent(
            challenge: [7], relay: Sample.bytes(8, 32), device: try Sample.device(0x33))
        #expect(
            content == Array("tocsin session v1\0".utf8) + Sample.bytes(8, 32) + Sample.bytes(0x33, 16) + [7])
    }

    @Test(arguments: ["", "11", run("11", 15), run("11", 17), run("AA", 16), run("zz", 16)])
    func identifiersHaveOneForm(_ text: String) {
        #expect(RoomID(text) == nil)
        #expect(EventID(text) == nil)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(RoomID.self, from: Data("\"\(text)\"".utf8)) }
    }

    @Test func identifiersRoundTripAndOrder() throws {
        let (a, b) = (try Sample.event(1), try Sample.event(2))
        #expect(a < b && !(b < a))
        #expect(try JSONDecoder().decode(EventID.self, from: JSONEncoder().encode(a)) == a)
        #expect(a.short == "01010101")
        #expect(RoomID.random() != RoomID.random())
    }

    @Test func timesNeverTrap() {
        #expect(Timestamp(Date(timeIntervalSince1970: -5)).milliseconds == 0)
        #expect(Timestamp(Date(timeIntervalSince1970: 1.5)).milliseconds == 1500)
        #expect(Timestamp(.distantPast).milliseconds == 0)
        #expect(Timestamp(.distantFuture).milliseconds > 0)
        #expect(Timestamp(milliseconds: .max).date > Date())
    }
}
