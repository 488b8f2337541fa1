import Sodium
import Testing

/// RFC 5869 A.1 to A.3.
@Suite struct HKDFTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let inputKeyMaterial: String
        let salt: String
        let info: String
        let count: Int
        let pseudorandomKey: String
        let output: String
        var testDescription: String { name }
    }

    private static let cases = [
        Case(
            name: "A.1",
            inputKeyMaterial: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            salt: "000102030405060708090a0b0c",
            info: "f0f1f2f3f4f5f6f7f8f9", count: 42,
            pseudorandomKey: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        Case(
            name: "A.2",
            inputKeyMaterial: """
                000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f
                303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f
                """,
            salt: """
                606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f
                909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf
                """,
            info: """
                b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf
                e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
                """, count: 82,
            pseudorandomKey: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            output: """
                b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
                da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
                """),
        Case(
            name: "A.3",
            inputKeyMaterial: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            salt: "",
            info: "", count: 42,
            pseudorandomKey: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]

    @Test(arguments: cases)
    func extractsAndExpandsAsTheRFC(_ c: Case) throws {
        let pseudorandomKey = HKDF.extract(salt: secret(c.salt), inputKeyMaterial: secret(c.inputKeyMaterial))
        #expect(pseudorandomKey.exposedCopy() == hex(c.pseudorandomKey))
        let output = try HKDF.expand(pseudorandomKey: pseudorandomKey, info: hex(c.info), count: c.count)
        #expect(output.exposedCopy() == hex(c.output))
        let expander = HKDF.Expander(pseudorandomKey: pseudorandomKey)
        for _ in 0..<2 {
            #expect(try expander.expand(info: hex(c.info), count: c.count).exposedCopy() == hex(c.output))
        }
    }

    /// Keys longer than a hash's block, and none at all: the kept state is that of any key.
    @Test(arguments: [0, 1, 32, 64, 65, 200])
    func anExpanderIsTheSame(_ keyLength: Int) throws {
        let key = SecretBytes([UInt8](repeating: 7, count: keyLength))
        let expander = HKDF.Expander(pseudorandomKey: key)
        for count in [0, 12, 32, 100] {
            let expected = try HKDF.expand(pseudorandomKey: key, info: [1], count: count).exposedCopy()
            #expect(try expander.expand(info: [1], count: count).exposedCopy() == expected)
        }
        #expect(code { _ = try expander.expand(info: [], count: 8161) } == .outputTooLong)
    }

    /// Each length is the beginning of the longest: the blocks join where they should.
    @Test func everyLengthIsAPrefixOfTheLongest() throws {
        let key = SecretBytes([UInt8](repeating: 7, count: 32))
        let longest = try HKDF.expand(pseudorandomKey: key, info: [1, 2], count: HKDF.maximumOutputLength).exposedCopy()
        #expect(longest.count == 8160)
        for count in [0, 1, 31, 32, 33, 63, 64, 65, 8159] {
            let output = try HKDF.expand(pseudorandomKey: key, info: [1, 2], count: count)
            #expect(output.exposedCopy() == Array(longest.prefix(count)))
        }
    }

    @Test(arguments: [-1, 8161, Int.max])
    func refusesALengthThatCannotBe(_ count: Int) {
        #expect(
            code { _ = try HKDF.expand(pseudorandomKey: SecretBytes([]), info: [], count: count) } == .outputTooLong)
    }
}
