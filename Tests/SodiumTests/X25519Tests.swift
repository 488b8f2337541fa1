import Sodium
import Testing

/// RFC 7748 §5.2 and §6.1.
@Suite struct X25519Tests {
    @Test(
        arguments: [
            (
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
            ),
            (
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
            ),
        ])
    func multipliesAsTheRFC(_ scalar: String, _ point: String, _ result: String) throws {
        let shared = try key(scalar).sharedSecret(with: X25519.PublicKey(hex(point)))
        #expect(shared.exposedCopy() == hex(result))
    }

    /// §5.2: k, u ← X25519(k, u), k, beginning with the base point for both.
    @Test func iteratesAsTheRFC() throws {
        let base = [UInt8(9)] + [UInt8](repeating: 0, count: 31)
        var (scalar, point) = (SecretBytes(base), base)
        for round in 1...1000 {
            let result = try X25519.PrivateKey(scalar).sharedSecret(with: X25519.PublicKey(point))
            point = scalar.exposedCopy()
            scalar = result
            if round == 1 {
                #expect(
                    result.exposedCopy() == hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
            }
        }
        #expect(scalar.exposedCopy() == hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    }

    @Test func agreesAsTheRFC() throws {
        let alice = try key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let bob = try key("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        #expect(alice.publicKey.bytes == hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
        #expect(bob.publicKey.bytes == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        let shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(try alice.sharedSecret(with: bob.publicKey).exposedCopy() == shared)
        #expect(try bob.sharedSecret(with: alice.publicKey).exposedCopy() == shared)
    }

    @Test func aKnownPublicKeySavesOnlyTime() throws {
        let made = X25519.PrivateKey()
        let kept = try X25519.PrivateKey(made.bytes, knownPublicKey: made.publicKey)
        let sealed = try HPKE.seal([1, 2], to: made.publicKey, info: [])
        #expect(try HPKE.open(sealed, with: kept, info: []) == [1, 2])
        let mismatched = try X25519.PrivateKey(made.bytes, knownPublicKey: X25519.PrivateKey().publicKey)
        #expect(code { _ = try HPKE.open(sealed, with: mismatched, info: []) } == .authenticationFailed)
        #expect(
            code { _ = try X25519.PrivateKey(SecretBytes([1]), knownPublicKey: made.publicKey) } == .wrongLength)
    }

    /// Points whose product with any scalar is zero (RFC 7748 §6.1).
    @Test(
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ])
    func aWeakPointIsRefused(_ point: String) throws {
        let weak = try X25519.PublicKey(hex(point))
        #expect(code { _ = try X25519.PrivateKey().sharedSecret(with: weak) } == .weakKey)
        #expect(code { _ = try HPKE.seal([1], to: weak, info: []) } == .weakKey)
        #expect(code { _ = try HPKE.setUpSender(recipient: weak, info: []) } == .weakKey)
        let sealed = HPKE.Sealed(encapsulatedKey: weak.bytes, ciphertext: [UInt8](repeating: 0, count: 17))
        #expect(code { _ = try HPKE.open(sealed, with: X25519.PrivateKey(), info: []) } == .weakKey)
        // It is known before anybody tries; the highest bit does not count (RFC 7748 §5).
        #expect(weak.isOfSmallOrder)
        #expect(try X25519.PublicKey(weak.bytes.dropLast() + [weak.bytes[31] | 0x80]).isOfSmallOrder)
        #expect(try !X25519.PublicKey([weak.bytes[0] ^ 4] + weak.bytes.dropFirst()).isOfSmallOrder)
        #expect(!X25519.PrivateKey().publicKey.isOfSmallOrder)
    }

    @Test(arguments: [0, 31, 33])
    func otherSizesAreRefused(_ count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(code { _ = try X25519.PublicKey(bytes) } == .wrongLength)
        #expect(code { _ = try X25519.PrivateKey(SecretBytes(bytes)) } == .wrongLength)
    }

    @Test func longLivedKeysAreGuarded() throws {
        #expect(try X25519.PrivateKey(memory: .guarded).bytes.memory == .guarded)
        #expect(X25519.PrivateKey().bytes.memory == .heap)
    }
}
