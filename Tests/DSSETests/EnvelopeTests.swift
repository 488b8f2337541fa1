import DSSE
import Foundation
import Sodium
import Testing

/// Signatures, thresholds and types. Keys come from fixed seeds, so that a failure repeats.
@Suite struct EnvelopeTests {
    private let type = "application/vnd.example+json"
    private let payload = Array(#"{"a":1}"#.utf8)
    private let keys: [Ed25519.PrivateKey]

    init() throws {
        keys = try (1...3).map { try signingKey($0) }
    }

    /// The example of the DSSE specification (protocol.md): lengths in decimal, one space between the parts.
    @Test func signsThePreAuthenticationEncoding() throws {
        let envelope = DSSEEnvelope.sign(
            Array("hello world".utf8), payloadType: "http://example.com/HelloWorld", with: [keys[0]])
        let encoding = Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8)
        #expect(keys[0].publicKey.isValidSignature(envelope.signatures[0].bytes, for: encoding))
        // Deterministic: the very signature over the frozen encoding.
        #expect(envelope.signatures[0].bytes == keys[0].signature(for: encoding))
    }

    @Test func lengthsCountBytesNotCharacters() {
        let envelope = DSSEEnvelope.sign(Array("ü\n".utf8), payloadType: "té", with: [keys[0]])
        let encoding = Array("DSSEv1 3 té 3 ü\n".utf8)
        #expect(envelope.signatures[0].bytes == keys[0].signature(for: encoding))
    }

    @Test func anEmptyPayloadIsSignedToo() throws {
        let envelope = DSSEEnvelope.sign([], payloadType: type, with: [keys[0]])
        #expect(
            envelope.signatures[0].bytes == keys[0].signature(for: Array("DSSEv1 \(type.utf8.count) \(type) 0 ".utf8)))
        #expect(try envelope.verify(payloadType: type, keys: publicKeys(1), threshold: 1).bytes.isEmpty)
    }

    @Test(arguments: [(1, 1, true), (2, 2, true), (3, 2, true), (1, 2, false), (0, 1, false), (2, 3, false)])
    func theThresholdDecides(_ signers: Int, _ threshold: Int, _ accepted: Bool) throws {
        let envelope = DSSEEnvelope.sign(payload, payloadType: type, with: Array(keys.prefix(signers)))
        if accepted {
            #expect(try envelope.verify(payloadType: type, keys: publicKeys(3), threshold: threshold).bytes == payload)
        } else {
            #expect(
                refusal { _ = try envelope.verify(payloadType: type, keys: publicKeys(3), threshold: threshold) }
                    == .tooFewSignatures)
        }
    }

    @Test(arguments: [0, -1])
    func aThresholdBelowOneIsNoThreshold(_ threshold: Int) {
        let envelope = DSSEEnvelope.sign(payload, payloadType: type, with: keys)
        #expect(
            refusal { _ = try envelope.verify(payloadType: type, keys: publicKeys(3), threshold: threshold) }
                == .tooFewSignatures)
    }

    @Test func oneKeyCountsOnceHoweverOftenItSigned() throws {
        var envelope = DSSEEnvelope.sign(payload, payloadType: type, with: [keys[0], keys[0]])
        #expect(envelope.signatures.count == 1)
        envelope.addSignature(by: keys[0])
        #expect(envelope.signatures.count == 1)
        // The same signature twice, as only somebody else's program would write it.
        let doubled = try document(envelope) { signatures in signatures + signatures }
        #expect(doubled.signatures.count == 2)
        #expect(doubled.validSigners(among: publicKeys(3)).count == 1)
        #expect(
            refusal { _ = try doubled.verify(payloadType: type, keys: publicKeys(3), threshold: 2) }
                == .tooFewSignatures)
        // A trusted key that is listed twice is still one key.
        let listedTwice = [keys[0].publicKey, keys[0].publicKey]
        #expect(
            refusal { _ = try doubled.verify(payloadType: type, keys: listedTwice, threshold: 2) }
                == .tooFewSignatures)
    }

    @Test func aBadSignatureInFrontDoesNotHideTheGoodOne() throws {
        let envelope = DSSEEnvelope.sign(payload, payloadType: type, with: [keys[0]])
        let shadowed = try document(envelope) { signatures in
            [["keyid": signatures[0]["keyid"] ?? "", "sig": Data(repeating: 7, count: 64).base64EncodedString()]]
                + signatures
        }
        #expect(shadowed.validSigners(among: publicKeys(1)) == Set(publicKeys(1)))
    }

    @Test func aStrangersSignatureDoesNotCount() {
        let envelope = DSSEEnvelope.sign(payload, payloadType: type, with: [keys[2]])
        #expect(
            refusal { _ = try envelope.verify(payloadType: type, keys: publicKeys(2), threshold: 1) }
                == .tooFewSignatures)
        #expect(envelope.validSigners(among: []).isEmpty)
    }

    @Test func aKeyIDIsAHintAndNoProof() throws {
        // The stranger's signature under a trusted key's id.
        let envelope = DSSEEnvelope.sign(payload, payloadType: type, with: [keys[2]])
        let id = DSSEEnvelope.keyID(of: keys[0].publicKey)
        let relabelled = try document(envelope) { signatures in [["keyid": id, "sig": signatures[0]["sig"] ?? ""]] }
        #expect(relabelled.validSigners(among: publicKeys(3)).isEmpty)
    }

    @Test func theTypeIsSignedAndAskedFor() throws {
        let envelope = DSSEEnvelope.sign(payload, payloadType: type, with: keys)
        #expect(
            refusal { _ = try envelope.verify(payloadType: "text/plain", keys: publicKeys(3), threshold: 1) }
                == .wrongPayloadType)
        // Renamed on the way: the type asked for is there, but was not signed.
        let renamed = String(decoding: envelope.encoded(), as: UTF8.self)
            .replacingOccurrences(of: type, with: "text/plain")
        let other = try DSSEEnvelope(decoding: Array(renamed.utf8))
        #expect(
            refusal { _ = try other.verify(payloadType: "text/plain", keys: publicKeys(3), threshold: 1) }
                == .tooFewSignatures)
    }

    @Test func aKeyIDIsTheDigestOfTheKey() throws {
        let id = DSSEEnvelope.keyID(of: keys[0].publicKey)
        #expect(id == Hexadecimal.encode(SHA256.hash(keys[0].publicKey.bytes)))
        #expect(id.count == 64)
    }

    private func publicKeys(_ count: Int) -> [Ed25519.PublicKey] { keys.prefix(count).map(\.publicKey) }

    /// The envelope after `change` to the signatures in its JSON.
    private func document(
        _ envelope: DSSEEnvelope, _ change: ([[String: String]]) -> [[String: String]]
    ) throws -> DSSEEnvelope {
        var object = try #require(
            JSONSerialization.jsonObject(with: Data(envelope.encoded())) as? [String: Any])
        object["signatures"] = change(try #require(object["signatures"] as? [[String: String]]))
        return try DSSEEnvelope(decoding: [UInt8](JSONSerialization.data(withJSONObject: object)))
    }
}

func signingKey(_ number: UInt8) throws -> Ed25519.PrivateKey {
    try Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: number, count: 32)))
}

func refusal(_ body: () throws -> Void) -> DSSEError.Code? {
    do {
        try body()
        return nil
    } catch { return (error as? DSSEError)?.code }
}
