import Sodium
import Testing

/// RFC 9180 A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
@Suite struct HPKEVectorTests {
    private let info = hex("4f6465206f6e2061204772656369616e2055726e")
    private let plaintext = hex("4265617574792069732074727574682c20747275746820626561757479")
    private let encapsulatedKey = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
    private let recipient: X25519.PrivateKey
    private let ephemeral: X25519.PrivateKey

    init() throws {
        recipient = try key("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
        ephemeral = try key("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600")
    }

    @Test func keyPairsDerive() throws {
        let recipient = try HPKE.deriveKeyPair(
            secret("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"))
        #expect(recipient.bytes.constantTimeEquals(self.recipient.bytes))
        #expect(recipient.publicKey.bytes == hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"))
        let ephemeral = try HPKE.deriveKeyPair(
            secret("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"))
        #expect(ephemeral.bytes.constantTimeEquals(self.ephemeral.bytes))
        #expect(ephemeral.publicKey.bytes == encapsulatedKey)
    }

    /// Sequence number and ciphertext; the associated data are "Count-" and the number.
    private static let encryptions: [(Int, String)] = [
        (
            0,
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
        ),
        (
            1,
            "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c"
        ),
        (
            2,
            "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b"
        ),
        (
            4,
            "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122bb153495ff0b02e9e54a50dbe16"
        ),
        (
            255,
            "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b8880a5f6b3936da9cd6c23ef2a95c"
        ),
        (
            256,
            "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b"
        ),
    ]

    @Test func messagesSealAndOpen() throws {
        var (encapsulated, sender) = try HPKE.setUpSender(
            recipient: recipient.publicKey, info: info, ephemeral: ephemeral)
        #expect(encapsulated == encapsulatedKey)
        var opener = try HPKE.setUpRecipient(encapsulatedKey: encapsulated, recipient: recipient, info: info)
        var expected = Dictionary(uniqueKeysWithValues: Self.encryptions)
        for number in 0...256 {
            let aad = Array("Count-\(number)".utf8)
            let sealed = try sender.seal(plaintext, authenticating: aad)
            if let ciphertext = expected.removeValue(forKey: number) { #expect(sealed == hex(ciphertext)) }
            #expect(try opener.open(sealed, authenticating: aad) == plaintext)
        }
        #expect(expected.isEmpty)
    }

    @Test func aSingleShotOpensTheFirst() throws {
        let sealed = HPKE.Sealed(encapsulatedKey: encapsulatedKey, ciphertext: hex(Self.encryptions[0].1))
        let aad = Array("Count-0".utf8)
        #expect(try HPKE.open(sealed, with: recipient, info: info, authenticating: aad) == plaintext)
        let opened = try HPKE.openSecret(sealed, with: recipient, info: info, authenticating: aad)
        #expect(opened.exposedCopy() == plaintext)
    }

    @Test(
        arguments: [
            (
                "",
                "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e"
            ),
            (
                "00",
                "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69"
            ),
            (
                "54657374436f6e74657874",
                "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53"
            ),
        ])
    func secretsExport(_ context: String, _ expected: String) throws {
        let (encapsulated, sender) = try HPKE.setUpSender(
            recipient: recipient.publicKey, info: info, ephemeral: ephemeral)
        let opener = try HPKE.setUpRecipient(encapsulatedKey: encapsulated, recipient: recipient, info: info)
        #expect(try sender.export(hex(context), count: 32).exposedCopy() == hex(expected))
        #expect(try opener.export(hex(context), count: 32).exposedCopy() == hex(expected))
    }
}
