import DSSE
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing

/// What a device signs about who leads a room, as the relay and readers check it [R6].
@Suite struct LeadStatementTests {
    private let key: Ed25519.PrivateKey
    private let said: LeadStatement
    private let removal: LeadStatement

    init() throws {
        key = try Ed25519.PrivateKey(seed: SecretBytes(Sample.bytes(1, 32)))
        let (room, device, event) = (try Sample.room(), try Sample.device(0x33), try Sample.event())
        said = LeadStatement(.noLead, room: room, device: device, event: event, at: Timestamp(milliseconds: 12))
        removal = LeadStatement(
            .remove([try Sample.device(0x35)]), room: room, device: device, event: event,
            at: Timestamp(milliseconds: 12))
    }

    private func payload(_ statement: LeadStatement) throws -> [UInt8] {
        try DSSEEnvelope(decoding: statement.signed(by: key)).unverifiedPayload
    }

    @Test func roundTrips() throws {
        let most = LeadStatement(
            .remove([DeviceID](repeating: try Sample.device(0x35), count: LeadStatement.mostNamed)), room: said.room,
            device: said.device, event: said.event, at: Timestamp(milliseconds: .max))
        for statement in [said, removal, most] {
            let signed = try statement.signed(by: key)
            #expect(signed.count <= LeadStatement.mostBytes)
            let read = try UnverifiedLeadStatement(decoding: signed)
            #expect(read.claimedDevice == statement.device)
            #expect(try read.verify(by: key.publicKey).statement == statement)
        }
    }

    @Test func thePayloadsAreFrozen() throws {
        func run(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        #expect(
            String(decoding: try payload(said), as: UTF8.self)
                == #"{"at":12,"device":"\#(run("33", 16))","event":"\#(run("22", 16))","kind":"no-lead","#
                + #""room":"\#(run("11", 16))","v":1}"#)
        #expect(
            String(decoding: try payload(removal), as: UTF8.self)
                == #"{"at":12,"device":"\#(run("33", 16))","devices":["\#(run("35", 16))"],"event":"\#(run("22", 16))","#
                + #""kind":"remove","room":"\#(run("11", 16))","v":1}"#)
    }

    @Test("Another's key, and another kind of document, are refused")
    func forged() throws {
        let signed = try said.signed(by: key)
        #expect(throws: DSSEError.self) {
            try UnverifiedLeadStatement(decoding: signed).verify(by: Ed25519.PrivateKey().publicKey)
        }
        for type in [Statement.payloadType, CommitFault.payloadType, "application/json"] {
            let other = DSSEEnvelope.sign(try payload(said), payloadType: type, with: [key]).encoded()
            #expect(throws: DSSEError.self) { try UnverifiedLeadStatement(decoding: other).verify(by: key.publicKey) }
        }
    }

    @Test(arguments: [
        ("\"v\":1", "\"v\":2"), ("\"at\":12", "\"at\":-1"), ("3333", "33zz"), ("remove", "remain"),
        ("[\"35", "[\"3"), ("\"devices\"", "\"device\""),
        ("\"\(String(repeating: "35", count: 16))\"", ""),
    ])
    func whatCannotBeIsRefused(_ what: String, _ by: String) throws {
        let text = String(decoding: try payload(removal), as: UTF8.self)
        let forged = text.replacingOccurrences(of: what, with: by)
        try #require(forged != text)
        let envelope = DSSEEnvelope.sign(Array(forged.utf8), payloadType: LeadStatement.payloadType, with: [key])
        #expect(throws: (any Error).self) { try UnverifiedLeadStatement(decoding: envelope.encoded()) }
    }

    @Test("Whatever bytes come are read or refused, and none that are too many are read")
    func noise() throws {
        var noise = SplitMix64(seed: 6)
        let signed = try removal.signed(by: key)
        for _ in 0..<5_000 {
            _ = try? UnverifiedLeadStatement(decoding: noise.bytes(upTo: 400))
            var flipped = signed
            flipped[noise.below(flipped.count)] ^= 1 << UInt8(noise.below(8))
            if let read = try? UnverifiedLeadStatement(decoding: flipped).verify(by: key.publicKey).statement {
                #expect(read == removal)
            }
        }
        let long = signed + [UInt8](repeating: 0x20, count: LeadStatement.mostBytes)
        #expect(throws: (any Error).self) { try UnverifiedLeadStatement(decoding: long) }
    }

    @Test("[R6] A statement counts for twelve hours, and not from a time that is minutes ahead")
    func counting() throws {
        func counts(_ at: UInt64, at entry: UInt64) -> Bool {
            LeadStatement(
                .noLead, room: said.room, device: said.device, event: said.event, at: Timestamp(milliseconds: at)
            ).counts(at: Timestamp(milliseconds: entry))
        }
        let hours: UInt64 = 12 * 3_600_000
        #expect(counts(1_000, at: 1_000) && counts(1_000, at: 1_000 + hours - 1) && !counts(1_000, at: 1_000 + hours))
        #expect(counts(301_000, at: 1_000) && !counts(301_001, at: 1_000))
        #expect(counts(.max, at: .max - 1) && !counts(0, at: .max))
    }

    @Test(
        "[R6] Of what a header carries only that counts which is signed by whom it names, about this room, in its time")
    func carried() throws {
        let other = Ed25519.PrivateKey()
        let elsewhere = LeadStatement(
            .noLead, room: .random(), device: said.device, event: said.event, at: Timestamp(milliseconds: 12))
        let header = CommitHeader(
            baseSeq: 1, parent: 1, chain: Sample.bytes(0, 32), at: said.at, adds: [], removes: [], leads: nil,
            takes: true,
            statements: [
                try said.signed(by: key), try said.signed(by: other), try elsewhere.signed(by: key),
                try removal.signed(by: key), try said.signed(by: key),
            ], callListVersion: 1, callListDigest: Sample.bytes(0, 32))
        #expect(
            header.statements(in: said.room, at: said.at) { $0 == said.device ? key.publicKey : nil } == [
                said, removal,
            ])
        #expect(header.statements(in: said.room, at: said.at) { _ in nil } == [])
        #expect(header.statements(in: said.room, at: said.at.adding(seconds: 43_200)) { _ in key.publicKey } == [])
    }
}
