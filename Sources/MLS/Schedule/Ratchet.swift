import Sodium
import WireFormat

/// Key and nonce of one message (§9.1).
struct MessageKey: Sendable {
    let key: SecretBytes
    let nonce: SecretBytes
}

/// One sender's hash ratchet (§9.1), with the keys of generations that were skipped.
struct Ratchet: Sendable {
    private var secret: SecretBytes
    private var generation: UInt32 = 0
    private var skipped: [UInt32: MessageKey] = [:]

    init(secret: SecretBytes) { self.secret = secret }

    mutating func next(suite: CipherSuite) throws(MLSError) -> (MessageKey, generation: UInt32) {
        guard generation < .max else { throw MLSError(.limitExceeded, "a ratchet has used all its generations") }
        // DeriveTreeSecret (§9).
        var context = Writer(reservingCapacity: 4)
        context.uint32(generation)
        let expander = suite.expander(of: secret)
        let key = MessageKey(
            key: try expander.expand(label: "key", context: context.bytes, count: suite.keyLength),
            nonce: try expander.expand(label: "nonce", context: context.bytes, count: suite.nonceLength))
        let used = generation
        secret = try expander.expand(label: "secret", context: context.bytes, count: suite.hashLength)
        generation += 1
        return (key, used)
    }

    mutating func key(generation wanted: UInt32, suite: CipherSuite) throws(MLSError) -> MessageKey {
        if wanted < generation {
            guard let key = skipped.removeValue(forKey: wanted) else {
                throw MLSError(.v17, "the key of this generation was used or passed by")
            }
            return key
        }
        guard wanted - generation <= Limits.skippedGenerations else {
            throw MLSError(.v18, "a message skips more than \(Limits.skippedGenerations) generations")
        }
        while generation < wanted {
            let (key, number) = try next(suite: suite)
            skipped[number] = key
        }
        while skipped.count > Limits.keptSkippedKeys, let oldest = skipped.keys.min() {
            skipped[oldest] = nil
        }
        return try next(suite: suite).0
    }
}

// MARK: Stored form

extension Ratchet {
    var storedCapacity: Int {
        skipped.values.reduce(8 + secret.storedCapacity) { $0 + 4 + $1.key.storedCapacity + $1.nonce.storedCapacity }
    }

    func encode(to writer: inout Writer) {
        writer.secret(secret)
        writer.uint32(generation)
        writer.uint32(UInt32(skipped.count))
        for (number, key) in skipped.sorted(by: { $0.key < $1.key }) {
            writer.uint32(number)
            writer.secret(key.key)
            writer.secret(key.nonce)
        }
    }

    init(from reader: inout Reader) throws(MLSError) {
        secret = try reader.secret()
        let (generation, count) = try decoding { () throws(WireError) in (try reader.uint32(), try reader.uint32()) }
        self.generation = generation
        for _ in 0..<count {
            let number = try decoding { () throws(WireError) in try reader.uint32() }
            skipped[number] = MessageKey(key: try reader.secret(), nonce: try reader.secret())
        }
    }
}
