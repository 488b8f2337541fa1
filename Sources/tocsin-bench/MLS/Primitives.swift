import CSodium

/// What libsodium's primitives cost on this machine, called directly: microseconds a call, or a byte.
struct Primitives: Encodable {
    let sign: Double
    let verify: Double
    /// Hashing of a signed message (SHA-512), a byte; signing does it twice.
    let signedByte: Double
    /// A key pair, or a public key.
    let x25519Base: Double
    let x25519: Double
    /// HMAC-SHA-256 of a short input: one step of HKDF.
    let hmac: Double
    let hash: Double
    let hashedByte: Double
    let seal: Double
    let sealedByte: Double

    static func measured() -> Primitives {
        _ = sodium_init()
        var (publicKey, secretKey) = (bytes(32), bytes(64))
        crypto_sign_keypair(&publicKey, &secretKey)
        let (short, long) = (bytes(200), bytes(64 << 10))
        var signature = bytes(64)
        crypto_sign_detached(&signature, nil, short, 200, secretKey)
        let scalar = bytes(32, value: 9)
        var (point, result) = (bytes(32), bytes(32))
        crypto_scalarmult_base(&point, scalar)
        var (sealed, nonce) = (bytes((64 << 10) + 16), bytes(12))
        nonce[0] = 1
        let shortHash = Stopwatch.perCall(count: 200) { crypto_hash_sha256(&result, short, 64) }
        let longHash = Stopwatch.perCall(count: 1) { crypto_hash_sha256(&result, long, 64 << 10) }
        let sign = Stopwatch.perCall(count: 20) {
            crypto_sign_detached(&signature, nil, short, 200, secretKey)
        }
        let verify = Stopwatch.perCall(count: 20) { _ = crypto_sign_verify_detached(signature, short, 200, publicKey) }
        var digest = bytes(64)
        let longSigned = Stopwatch.perCall(count: 1) { crypto_hash_sha512(&digest, long, 64 << 10) }
        let shortSeal = Stopwatch.perCall(count: 100) {
            crypto_aead_chacha20poly1305_ietf_encrypt(&sealed, nil, short, 64, nil, 0, nil, nonce, point)
        }
        let longSeal = Stopwatch.perCall(count: 1) {
            crypto_aead_chacha20poly1305_ietf_encrypt(&sealed, nil, long, 64 << 10, nil, 0, nil, nonce, point)
        }
        return Primitives(
            sign: sign, verify: verify, signedByte: longSigned / Double(64 << 10),
            x25519Base: Stopwatch.perCall(count: 20) { crypto_scalarmult_base(&result, scalar) },
            x25519: Stopwatch.perCall(count: 20) { _ = crypto_scalarmult(&result, scalar, point) },
            hmac: Stopwatch.perCall(count: 100) { crypto_auth_hmacsha256(&result, short, 100, point) },
            hash: shortHash, hashedByte: longHash / Double(64 << 10), seal: shortSeal,
            sealedByte: longSeal / Double(64 << 10))
    }

    private static func bytes(_ count: Int, value: UInt8 = 0) -> [UInt8] { [UInt8](repeating: value, count: count) }
}

/// A sum of primitives.
struct Unavoidable {
    let primitives: Primitives
    private(set) var sum = 0.0

    init(_ primitives: Primitives) { self.primitives = primitives }

    mutating func sign(_ bytes: Int) { sum += primitives.sign + 2 * Double(bytes) * primitives.signedByte }
    mutating func verify(_ bytes: Int) { sum += primitives.verify + Double(bytes) * primitives.signedByte }
    mutating func hash(_ bytes: Int) { sum += primitives.hash + Double(bytes) * primitives.hashedByte }
    mutating func aead(_ bytes: Int) { sum += primitives.seal + Double(bytes) * primitives.sealedByte }
    mutating func keyPairs(_ count: Int) { sum += Double(count) * primitives.x25519Base }
    mutating func derivations(_ count: Int) { sum += Double(count) * primitives.hmac }

    /// HPKE to one recipient each: an ephemeral key, an agreement, five HMACs, the ciphertext.
    mutating func hpkeSeals(_ count: Int) {
        sum +=
            Double(count)
            * (primitives.x25519Base + primitives.x25519 + 5 * primitives.hmac + primitives.seal)
    }

    mutating func hpkeOpen() { sum += primitives.x25519 + 5 * primitives.hmac + primitives.seal }

    /// Nodes of a path: each a key pair and four HMACs, and the hashes of node and parent.
    mutating func nodes(_ count: Int) {
        keyPairs(count)
        derivations(4 * count)
        for _ in 0..<count { hash(400) }
    }

    /// The key schedule of an epoch (§8).
    mutating func schedule() { derivations(14) }
}
