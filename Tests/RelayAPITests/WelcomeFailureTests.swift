import DSSE
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing

/// What a device signs that cannot use its Welcome, as the relay and readers check it [R14].
@Suite struct WelcomeFailureTests {
    private let key: Ed25519.PrivateKey
    private let failure: WelcomeFailure

    init() throws {
        key = try Ed25519.PrivateKey(seed: SecretBytes(Sample.bytes(1, 32)))
        failure = WelcomeFailure(
            room: try Sample.room(), device: try Sample.device(0x33), event: try Sample.event(), commit: 7,
            digest: Sample.bytes(0, 32), at: Timestamp(milliseconds: 12))
    }

    private var payload: [UInt8] {
        get throws { try DSSEEnvelope(decoding: failure.signed(by: key)).unverifiedPayload }
    }

    @Test func roundTrips() throws {
        let signed = try failure.signed(by: key)
        #expect(signed.count <= WelcomeFailure.mostBytes)
        let read = try UnverifiedWelcomeFailure(decoding: signed)
        #expect(read.claimedDevice == failure.device && read.claimedCommit == 7)
        #expect(try read.verify(by: key.publicKey).failure == failure)
    }

    @Test func thePayloadIsFrozen() throws {
        func run(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        #expect(
            String(decoding: try payload, as: UTF8.self)
                == #"{"at":12,"commit":7,"device":"\#(run("33", 16))","digest":"\#(run("A", 43))=","#
                + #""event":"\#(run("22", 16))","room":"\#(run("11", 16))","v":1}"#)
    }

    @Test("Another's key, and another kind of document, are refused")
    func forged() throws {
        let signed = try failure.signed(by: key)
        #expect(throws: DSSEError.self) {
            try UnverifiedWelcomeFailure(decoding: signed).verify(by: Ed25519.PrivateKey().publicKey)
        }
        for type in [Statement.payloadType, "application/json"] {
            let other = DSSEEnvelope.sign(try payload, payloadType: type, with: [key]).encoded()
            #expect(throws: DSSEError.self) { try UnverifiedWelcomeFailure(decoding: other).verify(by: key.publicKey) }
        }
    }

    @Test(arguments: [
        ("\"v\":1", "\"v\":2"), ("\"at\":12", "\"at\":-1"), ("3333", "33zz"), ("\"commit\":7", "\"commit\":-7"),
        ("AAAA", ""), ("\"commit\":7,", ""),
    ])
    func whatCannotBeIsRefused(_ what: String, _ by: String) throws {
        let text = String(decoding: try payload, as: UTF8.self)
        let forged = text.replacingOccurrences(of: what, with: by)
        try #require(forged != text)
        let envelope = DSSEEnvelope.sign(Array(forged.utf8), payloadType: WelcomeFailure.payloadType, with: [key])
        #expect(throws: (any Error).self) { try UnverifiedWelcomeFailure(decoding: envelope.encoded()) }
    }

    @Test("Whatever bytes come are read or refused, and none that are too many are read")
    func noise() throws {
        var noise = SplitMix64(seed: 5)
        let signed = try failure.signed(by: key)
        for _ in 0..<5_000 {
            _ = try? UnverifiedWelcomeFailure(decoding: noise.bytes(upTo: 400))
            var flipped = signed
            flipped[noise.below(flipped.count)] ^= 1 << UInt8(noise.below(8))
            if let read = try? UnverifiedWelcomeFailure(decoding: flipped).verify(by: key.publicKey).failure {
                #expect(read == failure)
            }
        }
        let long = signed + [UInt8](repeating: 0x20, count: WelcomeFailure.mostBytes)
        #expect(throws: (any Error).self) { try UnverifiedWelcomeFailure(decoding: long) }
    }

    @Test("A Welcome has one event id, so that a retry is the same word; others have others")
    func events() throws {
        let (room, device) = (try Sample.room(), try Sample.device(0x33))
        func event(_ welcome: [UInt8], _ commit: UInt64) -> EventID {
            WelcomeFailure.event(of: welcome, in: room, commit: commit, to: device)
        }
        #expect(event([1], 7) == event([1], 7))
        #expect(Set([event([1], 7), event([2], 7), event([1], 8)]).count == 3)
    }
}
