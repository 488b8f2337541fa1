/// HKDF-SHA-256 (RFC 5869), built on HMAC because libsodium has it only from 1.0.19 on.
public enum HKDF {
    /// The longest output that `expand` can give: 255 blocks of 32 bytes (RFC 5869 §2.3).
    public static let maximumOutputLength = 255 * HMACSHA256.tagLength

    /// HKDF-Extract (§2.2): a 32-byte pseudorandom key. An empty `salt` counts as a string of zeros, which HMAC makes
    /// it.
    public static func extract(salt: SecretBytes, inputKeyMaterial: SecretBytes) -> SecretBytes {
        var mac = HMACSHA256(key: salt)
        mac.update(inputKeyMaterial)
        return mac.finish()
    }

    /// HKDF-Expand (§2.3): `count` bytes from a pseudorandom key.
    /// - Throws: `outputTooLong` where `count` is over ``maximumOutputLength``.
    public static func expand(
        pseudorandomKey: SecretBytes, info: [UInt8], count: Int
    ) throws(SodiumError) -> SecretBytes {
        try expand(count: count) {
            HMACSHA256(key: pseudorandomKey)
        } info: {
            $0.update(info)
        }
    }

    /// HKDF-Expand for several outputs from one pseudorandom key, which is hashed only once: the second output costs a
    /// good third less.
    public struct Expander: Sendable {
        private let keyed: SecretBytes

        /// - Parameter pseudorandomKey: from ``HKDF/extract(salt:inputKeyMaterial:)``, or as uniform, of 32 bytes or
        ///   more.
        public init(pseudorandomKey: SecretBytes) { keyed = HMACSHA256.keyed(pseudorandomKey) }

        /// - Throws: `outputTooLong` where `count` is over ``HKDF/maximumOutputLength``.
        public func expand(info: [UInt8], count: Int) throws(SodiumError) -> SecretBytes {
            try expand(count: count) { $0.update(info) }
        }

        /// With `info` given in parts by the closure, so that nobody has to join them first.
        func expand(count: Int, info: (inout HMACSHA256) -> Void) throws(SodiumError) -> SecretBytes {
            try HKDF.expand(count: count, start: { HMACSHA256(resuming: keyed) }, info: info)
        }
    }

    private static func expand(
        count: Int, start: () -> HMACSHA256, info: (inout HMACSHA256) -> Void
    ) throws(SodiumError) -> SecretBytes {
        guard count >= 0, count <= maximumOutputLength else {
            throw SodiumError(.outputTooLong, "HKDF gives at most \(maximumOutputLength) bytes")
        }
        let length = HMACSHA256.tagLength
        var block: SecretBytes?
        return SecretBytes(uninitialized: count) { output in
            // T(i) = HMAC(PRK, T(i-1) | info | i); at most 255 of them, so that the counter fits its byte.
            for (index, offset) in stride(from: 0, to: count, by: length).enumerated() {
                var mac = start()
                if let block { mac.update(block) }
                info(&mac)
                mac.update(UInt8(truncatingIfNeeded: index + 1))
                if offset == 0, count == length {
                    mac.finish(into: output)
                } else {
                    let next = mac.finish()
                    next.withPointer { (output + offset).initialize(from: $0, count: min(length, count - offset)) }
                    block = next
                }
            }
        }
    }
}
