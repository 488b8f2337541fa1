import Sodium
import Testing

/// RFC 4231 §4, and what is ours around it.
@Suite struct HMACTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let key: String
        let message: String
        let tag: String
        var testDescription: String { name }
    }

    private static let cases = [
        Case(
            name: "4.2",
            key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            message: "4869205468657265",
            tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Case(
            name: "4.3",
            key: "4a656665",
            message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Case(
            name: "4.4",
            key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            message: """
                dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
                dddd
                """,
            tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Case(
            name: "4.5",
            key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
            message: """
                cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
                cdcd
                """,
            tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Case(
            name: "4.7",
            key: """
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                """,
            message: """
                54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579
                204669727374
                """,
            tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Case(
            name: "4.8",
            key: """
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                """,
            message: """
                5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b65
                7920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565
                647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c
                676f726974686d2e
                """,
            tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test(arguments: cases)
    func tagsAsTheRFC(_ c: Case) {
        let (key, message, tag) = (secret(c.key), hex(c.message), hex(c.tag))
        #expect(HMACSHA256.tag(message, key: key) == tag)
        #expect(HMACSHA256.isValid(tag, for: message, key: key))
        var bytewise = HMACSHA256(key: key)
        for byte in message { bytewise.update([byte]) }
        #expect(bytewise.finish().exposedCopy() == tag)
        var whole = HMACSHA256(key: key)
        whole.update(SecretBytes(message))
        #expect(whole.finishTag() == tag)
    }

    /// §4.6, whose tag is cut to 16 bytes.
    @Test func tagsTheTruncationTest() {
        let tag = HMACSHA256.tag(
            Array("Test With Truncation".utf8), key: SecretBytes([UInt8](repeating: 0x0c, count: 20)))
        #expect(Array(tag.prefix(16)) == hex("a3b6167473100ee06e0c796c2955552b"))
    }

    /// An empty key is no missing key: it must not reach libsodium as NULL.
    @Test func anEmptyKeyIsAKey() throws {
        let expected = hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        for memory in [SecretBytes.Memory.heap, .guarded] {
            #expect(try HMACSHA256.tag([], key: SecretBytes([], memory: memory)) == expected)
        }
    }

    @Test func anotherTagIsNotValid() {
        let key = SecretBytes([1])
        let tag = HMACSHA256.tag([2], key: key)
        for index in tag.indices {
            var flipped = tag
            flipped[index] ^= 0x80
            #expect(!HMACSHA256.isValid(flipped, for: [2], key: key))
        }
        #expect(!HMACSHA256.isValid([], for: [2], key: key))
        #expect(!HMACSHA256.isValid(Array(tag.prefix(31)), for: [2], key: key))
        #expect(!HMACSHA256.isValid(tag + [0], for: [2], key: key))
        #expect(!HMACSHA256.isValid(tag, for: [3], key: key))
    }
}
