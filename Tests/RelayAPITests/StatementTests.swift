import DSSE
import Escalation
import Foundation
import RelayAPI
import Sodium
import Terms
import Testing
import WireFormat

/// What a device signs, as the relay and readers check it [R11].
@Suite struct StatementTests {
    private let key: Ed25519.PrivateKey
    private let statement: Statement

    init() throws {
        key = try Ed25519.PrivateKey(seed: SecretBytes(Sample.bytes(1, 32)))
        statement = try Self.statement(.ack)
    }

    private static func statement(_ kind: Statement.Kind) throws -> Statement {
        Statement(
            kind, room: try Sample.room(), device: try Sample.device(0x33), event: try Sample.event(),
            at: Timestamp(milliseconds: 12), seen: Statement.Seen(seq: 4, chain: Data([1])))
    }

    private func verified(_ envelope: [UInt8], by key: Ed25519.PublicKey? = nil) throws -> Statement {
        try UnverifiedStatement(decoding: envelope).verify(by: key ?? self.key.publicKey).statement
    }

    private func payload(_ statement: Statement) throws -> [UInt8] {
        try DSSEEnvelope(decoding: statement.signed(by: key)).unverifiedPayload
    }

    @Test func roundTrips() throws {
        let acks = [StatementDigest(of: [1]), StatementDigest(of: [2])]
        for kind in [.ack, .unack(acks), .resolved, .reopen, .escalate, .fired] as [Statement.Kind] {
            let statement = try Self.statement(kind)
            #expect(try verified(statement.signed(by: key)) == statement)
            #expect(try UnverifiedStatement(decoding: statement.signed(by: key)).claimedDevice == statement.device)
        }
    }

    @Test func thePayloadIsFrozen() throws {
        #expect(
            String(decoding: try payload(statement), as: UTF8.self)
                == #"{"at":12,"device":"\#(run("33", 16))","event":"\#(run("22", 16))","kind":"ack","#
                + #""room":"\#(run("11", 16))","seen":{"chain":"AQ==","seq":4},"v":1}"#)
        let digest = try Sample.required(StatementDigest(Sample.bytes(0, 32)))
        #expect(
            String(decoding: try payload(Self.statement(.unack([digest]))), as: UTF8.self)
                .hasPrefix(#"{"acks":["\#(run("A", 43))="],"at":12,"#))
    }

    @Test("A statement is known by what was signed, whatever carries it")
    func digest() throws {
        let one = try UnverifiedStatement(decoding: statement.signed(by: key)).verify(by: key.publicKey)
        var carried = try DSSEEnvelope(decoding: statement.signed(by: key))
        carried.addSignature(by: Ed25519.PrivateKey())
        let other = try UnverifiedStatement(decoding: carried.encoded()).verify(by: key.publicKey)
        let digest = StatementDigest(of: try payload(statement))
        #expect(one.digest == other.digest && one.digest == digest)
        #expect(
            one.pageStatement == PageStatement(.ack, digest: one.digest, device: statement.device, room: statement.room)
        )
    }

    @Test func anothersKeyIsRefused() throws {
        let other = Ed25519.PrivateKey()
        #expect(throws: DSSEError.self) { try verified(statement.signed(by: other)) }
    }

    @Test(arguments: [
        ("ack", "nod"), ("ack", "unack"), ("\"v\":1", "\"v\":2"), ("\"at\":12", "\"at\":-1"), ("3333", "33zz"),
        ("\"seq\":4", "\"seq\":-4"),
    ])
    func whatCannotBeIsRefused(_ what: String, _ by: String) throws {
        let text = String(decoding: try payload(statement), as: UTF8.self)
        let forged = text.replacingOccurrences(of: what, with: by)
        try #require(forged != text)
        let envelope = DSSEEnvelope.sign(Array(forged.utf8), payloadType: Statement.payloadType, with: [key])
        #expect(throws: DecodingError.self) { try verified(envelope.encoded()) }
    }

    @Test func anUnackNamesOneAtLeastAndNotTooMany() throws {
        let digests = (0...Statement.mostNamed).map { StatementDigest(of: [UInt8($0)]) }
        for acks in [[], digests] {
            let signed = try Self.statement(.unack(acks)).signed(by: key)
            #expect(throws: DecodingError.self) { try verified(signed) }
        }
        _ = try verified(Self.statement(.unack(digests.dropLast())).signed(by: key))
    }

    @Test func anotherTypesSignatureIsRefused() throws {
        let envelope = DSSEEnvelope.sign(try payload(statement), payloadType: "text/plain", with: [key])
        #expect(throws: DSSEError.self) { try verified(envelope.encoded()) }
    }

    @Test func everyAlterationIsRefusedOrHarmless() throws {
        let whole = try statement.signed(by: key)
        for index in whole.indices {
            #expect(throws: (any Error).self) { try verified(Array(whole.prefix(index))) }
            var flipped = whole
            flipped[index] ^= 1 << UInt8(index % 8)
            if let read = try? verified(flipped) { #expect(read == statement) }
        }
    }

    @Test("The relay's word of its timers is good for one place of one log, under its own key")
    func timers() throws {
        let (signed, identity, room) = (try Sample.timer(), try Sample.identity().publicKey, try Sample.room())
        #expect(signed.isValid(room: room, seq: 7, by: identity))
        #expect(!signed.isValid(room: room, seq: 8, by: identity))
        #expect(!signed.isValid(room: RoomID.random(), seq: 7, by: identity))
        #expect(!signed.isValid(room: room, seq: 7, by: key.publicKey))
        let encoded = signed.encoded
        for index in encoded.indices {
            var flipped = encoded
            flipped[index] ^= 1
            if let read = try? SignedTimerEntry(decoding: flipped) {
                #expect(!read.isValid(room: room, seq: 7, by: identity))
            }
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
            try json(SessionAnswer(token: "t", expires: Timestamp(milliseconds: 5), time: Timestamp(milliseconds: 4)))
                == #"{"expires":5,"time":4,"token":"t"}"#)
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
