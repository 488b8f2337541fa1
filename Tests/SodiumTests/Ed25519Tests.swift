import Sodium
import Testing

@Suite struct Ed25519Tests {
    @Test(arguments: Ed25519Vectors.cases.indices)
    func signsAndVerifiesAsTheRFC(_ index: Int) throws {
        let c = Ed25519Vectors.cases[index]
        for memory in [SecretBytes.Memory.heap, .guarded] {
            let key = try Ed25519.PrivateKey(seed: secret(c.seed), memory: memory)
            #expect(key.publicKey.bytes == hex(c.publicKey))
            #expect(key.signature(for: hex(c.message)) == hex(c.signature))
            #expect(key.seed.exposedCopy() == hex(c.seed))
        }
        #expect(try Ed25519.PublicKey(hex(c.publicKey)).isValidSignature(hex(c.signature), for: hex(c.message)))
    }

    @Test func everyAlterationIsRefused() throws {
        let c = Ed25519Vectors.cases[2]
        let publicKey = try Ed25519.PublicKey(hex(c.publicKey))
        let (message, signature) = (hex(c.message), hex(c.signature))
        for index in signature.indices {
            for bit in 0..<8 {
                var flipped = signature
                flipped[index] ^= 1 << UInt8(bit)
                #expect(!publicKey.isValidSignature(flipped, for: message))
            }
            #expect(!publicKey.isValidSignature(Array(signature.prefix(index)), for: message))
        }
        #expect(!publicKey.isValidSignature(signature + [0], for: message))
        #expect(!publicKey.isValidSignature(signature, for: message + [0]))
        #expect(!publicKey.isValidSignature(signature, for: []))
        for index in publicKey.bytes.indices {
            var flipped = publicKey.bytes
            flipped[index] ^= 1
            #expect(!(try Ed25519.PublicKey(flipped).isValidSignature(signature, for: message)))
        }
    }

    /// S + L instead of S (RFC 8032 §5.1.7): one message would have two signatures.
    @Test func aNonCanonicalSignatureIsRefused() throws {
        let c = Ed25519Vectors.cases[2]
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var signature = hex(c.signature)
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!(try Ed25519.PublicKey(hex(c.publicKey)).isValidSignature(signature, for: hex(c.message))))
    }

    /// Under a key of small order, signatures would verify for messages that nobody signed.
    @Test(
        arguments: [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        ])
    func aSmallOrderKeyIsRefused(_ text: String) throws {
        let publicKey = try Ed25519.PublicKey(hex(text))
        let identity = hex("0100000000000000000000000000000000000000000000000000000000000000")
        #expect(!publicKey.isValidSignature(identity + [UInt8](repeating: 0, count: 32), for: [1]))
        #expect(!publicKey.isValidSignature(hex(text) + [UInt8](repeating: 0, count: 32), for: [1]))
    }

    @Test(arguments: [0, 31, 33, 64])
    func otherSizesAreRefused(_ count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(code { _ = try Ed25519.PublicKey(bytes) } == .wrongLength)
        #expect(code { _ = try Ed25519.PrivateKey(seed: SecretBytes(bytes)) } == .wrongLength)
    }

    @Test func newKeysDiffer() {
        let keys = (0..<50).map { _ in Ed25519.PrivateKey().publicKey }
        #expect(Set(keys).count == 50)
    }
}
