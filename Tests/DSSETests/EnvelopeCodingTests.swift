import DSSE
import Foundation
import Sodium
import Testing

/// The JSON form: frozen, and safe on whatever comes.
@Suite struct EnvelopeCodingTests {
    private let type = "text/x"

    private func envelope() throws -> DSSEEnvelope {
        DSSEEnvelope.sign(Array("hi".utf8), payloadType: type, with: [try signingKey(1), try signingKey(2)])
    }

    @Test func theFormIsFrozen() throws {
        let envelope = DSSEEnvelope.sign(Array("hi".utf8), payloadType: type, with: [try signingKey(1)])
        let key = try signingKey(1)
        let signature = Data(key.signature(for: Array("DSSEv1 6 text/x 2 hi".utf8))).base64EncodedString()
        let id = DSSEEnvelope.keyID(of: key.publicKey)
        #expect(
            String(decoding: envelope.encoded(), as: UTF8.self)
                == #"{"payload":"aGk=","payloadType":"text/x","signatures":[{"keyid":"\#(id)","sig":"\#(signature)"}]}"#
        )
    }

    @Test func roundTrips() throws {
        let envelope = try envelope()
        #expect(try DSSEEnvelope(decoding: envelope.encoded()) == envelope)
        let unsigned = DSSEEnvelope(payloadType: type, payload: [0, 255])
        #expect(try DSSEEnvelope(decoding: unsigned.encoded()) == unsigned)
    }

    @Test(
        arguments: [
            "", "{", "null", "[]", "{}", #"{"payload":"aGk=","payloadType":"t"}"#,
            #"{"payload":"not base64!","payloadType":"t","signatures":[]}"#,
            #"{"payload":1,"payloadType":"t","signatures":[]}"#,
            #"{"payload":"aGk=","payloadType":"t","signatures":[{"sig":"aGk="}]}"#,
            #"{"payload":"aGk=","payloadType":"t","signatures":[{"keyid":"a","sig":"***"}]}"#,
            #"{"payload":"aGk=","payloadType":"t","signatures":[]} x"#,
        ])
    func refusesWhatIsNoEnvelope(_ text: String) {
        #expect(refusal { _ = try DSSEEnvelope(decoding: Array(text.utf8)) } == .malformed)
    }

    @Test func refusesDeepNesting() {
        let text = String(repeating: "[", count: 100_000)
        #expect(refusal { _ = try DSSEEnvelope(decoding: Array(text.utf8)) } == .malformed)
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = try envelope().encoded()
        for length in whole.indices {
            #expect(refusal { _ = try DSSEEnvelope(decoding: Array(whole.prefix(length))) } == .malformed)
        }
    }

    /// What still decodes after a flipped bit either is refused, or says exactly what was signed.
    @Test func everyFlippedBitIsRefusedOrHarmless() throws {
        let envelope = try envelope()
        let keys = [try signingKey(1).publicKey, try signingKey(2).publicKey]
        let whole = envelope.encoded()
        var refused = 0
        for index in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << UInt8(bit)
                do {
                    let payload = try DSSEEnvelope(decoding: flipped).verify(
                        payloadType: type, keys: keys, threshold: 2)
                    #expect(payload.bytes == envelope.unverifiedPayload)
                } catch { refused += 1 }
            }
        }
        #expect(refused > whole.count * 7)
    }

    @Test func aFlippedPayloadOrSignatureIsRefused() throws {
        let key = try signingKey(1)
        let signed = DSSEEnvelope.sign([1, 2, 3], payloadType: type, with: [key])
        let other = DSSEEnvelope.sign([1, 2, 4], payloadType: type, with: [key])
        let text = String(decoding: signed.encoded(), as: UTF8.self)
        let swapped = text.replacingOccurrences(of: "AQID", with: "AQIE")
        #expect(swapped != text)
        let forged = try DSSEEnvelope(decoding: Array(swapped.utf8))
        #expect(forged.unverifiedPayload == other.unverifiedPayload)
        #expect(
            refusal { _ = try forged.verify(payloadType: type, keys: [key.publicKey], threshold: 1) }
                == .tooFewSignatures)
    }

    @Test func limitsAreHeld() throws {
        let tooMany =
            #"{"payload":"","payloadType":"t","signatures":["#
            + Array(repeating: #"{"keyid":"","sig":""}"#, count: DSSEEnvelope.maximumSignatures + 1)
            .joined(separator: ",") + "]}"
        #expect(refusal { _ = try DSSEEnvelope(decoding: Array(tooMany.utf8)) } == .tooLarge)
        let tooLarge = [UInt8](repeating: UInt8(ascii: " "), count: DSSEEnvelope.maximumBytes + 1)
        #expect(refusal { _ = try DSSEEnvelope(decoding: tooLarge) } == .tooLarge)
        let justFits =
            #"{"payload":"","payloadType":"t","signatures":["#
            + Array(repeating: #"{"keyid":"","sig":""}"#, count: DSSEEnvelope.maximumSignatures)
            .joined(separator: ",") + "]}"
        let envelope = try DSSEEnvelope(decoding: Array(justFits.utf8))
        // Empty signatures verify under no key, and none of them traps.
        #expect(envelope.validSigners(among: [try signingKey(1).publicKey]).isEmpty)
    }

    @Test func errorsHoldNoContent() {
        let secret = "hunter2"
        do {
            _ = try DSSEEnvelope(decoding: Array(secret.utf8))
            Issue.record("was read")
        } catch { #expect(!"\(error)".contains(secret)) }
    }
}
