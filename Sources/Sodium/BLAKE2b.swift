internal import CSodium

/// BLAKE2b (RFC 7693) with a 32-byte digest, for content that is not part of a SHA-256 protocol (files).
public enum BLAKE2b {
    public static let digestLength = 32

    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        Initialisation.ensure()
        return [UInt8](unsafeUninitializedCapacity: digestLength) { buffer, count in
            crypto_generichash(buffer.baseAddress!, digestLength, bytes, UInt64(bytes.count), nil, 0)
            count = digestLength
        }
    }
}
