import Sodium
import Testing

/// RFC 9180 A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
@Suite struct HPKETests {
    private let info = hex("4f6465206f6e2061204772656369616e2055726e")
    private let ephemeral = "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"
    private let recipient = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"
    private let plaintext = hex("4265617574792069732074727574682c20747275746820626561757479")

    @Test func encryptsAsTheRFC() throws {
        let recipientKey = try X25519.PrivateKey(SecretBytes(hex(recipient)))
        var (encapsulated, context) = try HPKE.setUpSender(
            recipient: recipientKey.publicKey, info: info,
            ephemeral: X25519.PrivateKey(SecretBytes(hex(ephemeral))))
        #expect(encapsulated == hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"))
        let sealed = try context.seal(plaintext, authenticating: hex("436f756e742d30"))
        #expect(
            sealed
                == hex(
                    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"))
        var opener = try HPKE.setUpRecipient(encapsulatedKey: encapsulated, recipient: recipientKey, info: info)
        #expect(try opener.open(sealed, authenticating: hex("436f756e742d30")) == plaintext)
        let exported = try opener.export([], count: 32).exposedCopy()
        #expect(exported == hex("4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e"))
        #expect(try context.export([], count: 32).exposedCopy() == exported)
    }

    @Test func refusesWhatWasAltered() throws {
        let key = X25519.PrivateKey()
        let sealed = try HPKE.seal(plaintext, to: key.publicKey, info: info, authenticating: [1])
        #expect(try HPKE.open(sealed, with: key, info: info, authenticating: [1]) == plaintext)
        var flipped = sealed.ciphertext
        flipped[3] ^= 1
        let forged = HPKE.Sealed(encapsulatedKey: sealed.encapsulatedKey, ciphertext: flipped)
        #expect(throws: SodiumError.self) { try HPKE.open(forged, with: key, info: info, authenticating: [1]) }
        #expect(throws: SodiumError.self) { try HPKE.open(sealed, with: key, info: [], authenticating: [1]) }
        let short = HPKE.Sealed(encapsulatedKey: [1, 2], ciphertext: sealed.ciphertext)
        #expect(throws: SodiumError.self) { try HPKE.open(short, with: key, info: info, authenticating: [1]) }
        let zeroPoint = HPKE.Sealed(encapsulatedKey: [UInt8](repeating: 0, count: 32), ciphertext: sealed.ciphertext)
        #expect(throws: SodiumError.self) { try HPKE.open(zeroPoint, with: key, info: info, authenticating: [1]) }
    }
}

func hex(_ text: String) -> [UInt8] { Hexadecimal.decode(text) ?? [] }
