/// HKDF-SHA-256 (RFC 5869), built on HMAC because libsodium has it only from 1.0.19 on.
public enum HKDF {
    /// The longest output that `expand` can give: 255 blocks of 32 bytes (RFC 5869 §2.3).
    public static let maximumOutputLength = 255 * HMACSHA256.tagLength

    /// HKDF-Extract: a 32-byte pseudorandom key. An empty `salt` counts as a string of zeros, which HMAC makes it.
    public static func extract(salt: SecretBytes, inputKeyMaterial: SecretBytes) -> SecretBytes {
        var mac = HMACSHA256(key: salt)
        mac.update(inputKeyMaterial)
        return mac.finish()
    }

    /// HKDF-Expand: `count` bytes from a pseudorandom key.
    /// - Throws: `outputTooLong` where `count` is over ``maximumOutputLength``.
    public static func expand(
        pseudorandomKey: SecretBytes, info: [UInt8], count: Int
    ) throws(SodiumError) -> SecretBytes {
        guard count >= 0, count <= maximumOutputLength else {
            throw SodiumError(.outputTooLong, "HKDF gives at most \(maximumOutputLength) bytes")
        }
        var block: SecretBytes?
        var counter: UInt8 = 0
        return SecretBytes(count: count) { output in
            var offset = 0
            while offset < count {
                counter += 1
                var mac = HMACSHA256(key: pseudorandomKey)
                if let block { mac.update(block) }
                mac.update(info)
                mac.update([counter])
                let next = mac.finish()
                let take = min(HMACSHA256.tagLength, count - offset)
                next.withUnsafeBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + take])
                        .copyBytes(from: bytes.prefix(take))
                }
                offset += take
                block = next
            }
        }
    }
}
