import Sodium
import Testing

/// RFC 8439 §2.8.2 and draft-irtf-cfrg-xchacha-03 A.3.1, which share key, text and associated data.
@Suite struct AEADTests {
    private let key = SecretBytes((0x80..<0xa0).map { UInt8($0) })
    private let aad = hex("50515253c0c1c2c3c4c5c6c7")
    private let nonce = hex("070000004041424344454647")
    private let plaintext = Array(
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            + "sunscreen would be it.").utf8)
    private let ciphertext = hex(
        """
        d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
        1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
        3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691
        """)
    private let extended = hex(
        """
        bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
        ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
        21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49
        """)

    @Test func sealsAndOpensAsTheRFC() throws {
        #expect(
            try ChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, authenticating: aad) == ciphertext)
        #expect(
            try ChaCha20Poly1305.seal(SecretBytes(plaintext), key: key, nonce: nonce, authenticating: aad)
                == ciphertext)
        #expect(
            try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticating: aad) == plaintext)
        let secret = try ChaCha20Poly1305.openSecret(ciphertext, key: key, nonce: nonce, authenticating: aad)
        #expect(secret.exposedCopy() == plaintext)
    }

    @Test func sealsAndOpensAsTheDraft() throws {
        let nonce = (0x40..<0x58).map { UInt8($0) }
        #expect(
            try XChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, authenticating: aad) == nonce + extended)
        #expect(try XChaCha20Poly1305.open(nonce + extended, key: key, authenticating: aad) == plaintext)
        let secret = try XChaCha20Poly1305.openSecret(
            nonce + extended, key: key, authenticating: aad, memory: .guarded)
        #expect(secret.exposedCopy() == plaintext)
        #expect(secret.memory == .guarded)
    }

    @Test func nothingSealsToATag() throws {
        let sealed = try ChaCha20Poly1305.seal([], key: key, nonce: nonce)
        #expect(sealed.count == 16)
        #expect(try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce).isEmpty)
        #expect(try ChaCha20Poly1305.openSecret(sealed, key: key, nonce: nonce).count == 0)
        let extended = try XChaCha20Poly1305.seal([], key: key, authenticating: [])
        #expect(extended.count == 40)
        #expect(try XChaCha20Poly1305.open(extended, key: key, authenticating: []).isEmpty)
        #expect(
            code { _ = try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, authenticating: [0]) }
                == .authenticationFailed)
    }

    @Test func everyAlterationIsRefused() throws {
        func refused(_ sealed: [UInt8]) -> Bool {
            code { _ = try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, authenticating: aad) }
                == .authenticationFailed
                && code { _ = try ChaCha20Poly1305.openSecret(sealed, key: key, nonce: nonce, authenticating: aad) }
                    == .authenticationFailed
        }
        for index in ciphertext.indices {
            #expect(refused(Array(ciphertext.prefix(index))))
            for bit in 0..<8 {
                var flipped = ciphertext
                flipped[index] ^= 1 << UInt8(bit)
                #expect(refused(flipped))
            }
        }
        #expect(refused(ciphertext + [0]))
    }

    @Test func everyAlterationOfASealedValueIsRefused() throws {
        let sealed = try XChaCha20Poly1305.seal(plaintext, key: key, authenticating: aad)
        func refused(_ sealed: [UInt8]) -> Bool {
            code { _ = try XChaCha20Poly1305.open(sealed, key: key, authenticating: aad) } == .authenticationFailed
                && code { _ = try XChaCha20Poly1305.openSecret(sealed, key: key, authenticating: aad) }
                    == .authenticationFailed
        }
        for index in sealed.indices {
            #expect(refused(Array(sealed.prefix(index))))
            var flipped = sealed
            flipped[index] ^= 1 << UInt8(index % 8)
            #expect(refused(flipped))
        }
        #expect(
            code { _ = try XChaCha20Poly1305.open(sealed, key: key, authenticating: [1]) } == .authenticationFailed)
    }

    @Test func noncesAreDrawnAfresh() throws {
        let sealed = try (0..<100).map { _ in
            Array(try XChaCha20Poly1305.seal([], key: key, authenticating: []).prefix(24))
        }
        #expect(Set(sealed).count == 100)
    }

    @Test(arguments: [0, 16, 31, 33, 64])
    func refusesAnotherKeyLength(_ count: Int) {
        let key = SecretBytes([UInt8](repeating: 1, count: count))
        #expect(code { _ = try ChaCha20Poly1305.seal([], key: key, nonce: nonce) } == .wrongLength)
        #expect(code { _ = try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce) } == .wrongLength)
        #expect(code { _ = try XChaCha20Poly1305.seal([], key: key, authenticating: []) } == .wrongLength)
        #expect(code { _ = try XChaCha20Poly1305.open(ciphertext, key: key, authenticating: []) } == .wrongLength)
    }

    @Test(arguments: [0, 8, 11, 13, 24])
    func refusesAnotherNonceLength(_ count: Int) {
        let nonce = [UInt8](repeating: 1, count: count)
        #expect(code { _ = try ChaCha20Poly1305.seal([], key: key, nonce: nonce) } == .wrongLength)
        #expect(code { _ = try ChaCha20Poly1305.openSecret(ciphertext, key: key, nonce: nonce) } == .wrongLength)
    }
}
