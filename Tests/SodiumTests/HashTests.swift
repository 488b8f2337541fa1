import Sodium
import Testing

/// SHA-256 of the examples of FIPS 180-4 and RFC 6234 §8.5; BLAKE2b of RFC 7693 appendix A and its reference's keyed
/// vectors.
@Suite struct HashTests {
    @Test(
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
            (
                String(repeating: "0123456701234567012345670123456701234567012345670123456701234567", count: 10),
                "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"
            ),
        ])
    func sha256(_ text: String, _ digest: String) {
        let bytes = Array(text.utf8)
        #expect(SHA256.hash(bytes) == hex(digest))
        var streaming = SHA256()
        var offset = 0
        for size in [1, 0, 63, 64, 65, 1000, bytes.count] {
            let end = min(bytes.count, offset + size)
            streaming.update(bytes[offset..<end])
            offset = end
        }
        #expect(streaming.digest() == hex(digest))
    }

    @Test func aDigestDoesNotEndTheStream() {
        var hash = SHA256()
        hash.update([1])
        let first = hash.digest()
        #expect(first == SHA256.hash([1]))
        #expect(hash.digest() == first)
        let fork = hash
        hash.update([2])
        #expect(hash.digest() == SHA256.hash([1, 2]))
        #expect(fork.digest() == first)
        [UInt8]().withUnsafeBytes { hash.update($0) }
        #expect(hash.digest() == SHA256.hash([1, 2]))
    }

    @Test func blake2b() throws {
        let abc = Array("abc".utf8)
        let long = """
            ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc95
            18d38aa8dbf1925ab92386edd4009923
            """
        var hash = try BLAKE2b(key: nil, length: 64)
        hash.update(abc)
        #expect(hash.finish() == hex(long))
        #expect(BLAKE2b.hash(abc) == hex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"))
        #expect(BLAKE2b.hash([]) == hex("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"))
        var streaming = BLAKE2b()
        streaming.update([abc[0]])
        streaming.update([])
        streaming.update([abc[1], abc[2]])
        #expect(streaming.finish() == BLAKE2b.hash(abc))
        #expect(BLAKE2b().finish() == BLAKE2b.hash([]))
    }

    @Test func blake2bWithAKey() throws {
        let key = SecretBytes(Array(0..<64))
        let whole = """
            b72071e096277edebb8ee5134dd3714996307ba3a55aa4733d412abbe28e909e10e57e6fbfb4ef53b3b960518294ff88
            9a90829254412e2a60b85add07a3674f
            """
        var hash = try BLAKE2b(key: key, length: 64)
        for start in stride(from: 0, to: 256, by: 32) { hash.update((start..<start + 32).map { UInt8($0) }) }
        #expect(hash.finish() == hex(whole))
        let nothing = """
            10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786b5e996e8f0f4eb981fc214b005f42d2f
            f4233499391653df7aefcbc13fc51568
            """
        #expect(try BLAKE2b(key: key, length: 64).finish() == hex(nothing))
        var short = try BLAKE2b(key: SecretBytes(Array(0..<16)), length: 16)
        short.update(Array("abc".utf8))
        #expect(short.finish() == hex("cc611a2673ca66e9f7fc64b995c5467c"))
    }

    @Test(arguments: [0, 15, 65, -1])
    func blake2bRefusesLengths(_ length: Int) {
        #expect(code { _ = try BLAKE2b(key: nil, length: length) } == .parameterOutOfRange)
        if length >= 0 {
            let key = SecretBytes([UInt8](repeating: 1, count: length))
            #expect(code { _ = try BLAKE2b(key: key) } == .wrongLength)
        }
    }
}
