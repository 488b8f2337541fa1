import Sodium
import WireFormat

// How states that hold secrets become bytes and come back: the working buffers are wiped.

extension SecretBytes {
    /// What `body` writes, as a secret.
    /// - Parameter capacity: at least its size, so that no buffer that was outgrown is left behind.
    static func encoding(reserving capacity: Int, _ body: (inout Writer) -> Void) -> SecretBytes {
        var writer = Writer(reservingCapacity: capacity)
        body(&writer)
        assert(writer.bytes.count <= capacity, "a buffer with secrets was outgrown and left behind")
        let secret = SecretBytes(writer.bytes)
        writer.wipe()
        return secret
    }

    /// The most bytes that ``Writer/secret(_:)`` takes for it.
    var storedCapacity: Int { count + Writer.lengthCapacity }

    private static let checksumLength = BLAKE2b.digestLength

    private static func checksum(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = BLAKE2b()
        hash.update(bytes)
        return hash.finish()
    }

    /// What `body` writes with a checksum behind it, which finds damage, not tampering.
    static func checksummed(reserving capacity: Int, _ body: (inout Writer) -> Void) -> SecretBytes {
        encoding(reserving: capacity + checksumLength) { writer in
            body(&writer)
            writer.fixed(writer.bytes.withUnsafeBytes { checksum(of: $0) })
        }
    }

    /// Reads all that ``checksummed(reserving:_:)`` wrote.
    /// - Throws: `damagedState`, and what `body` throws.
    func decodingChecksummed<T>(_ body: (inout Reader) throws(MLSError) -> T) throws(MLSError) -> T {
        guard count >= Self.checksumLength else { throw MLSError(.damagedState, "a stored state is cut short") }
        let content = slice(0..<count - Self.checksumLength)
        return try content.decoding { (reader) throws(MLSError) in
            let sum = withUnsafeBytes { Array($0.suffix(Self.checksumLength)) }
            let expected = content.withUnsafeBytes { Self.checksum(of: $0) }
            guard sum == expected else {
                throw MLSError(.damagedState, "a stored state is damaged")
            }
            return try body(&reader)
        }
    }

    /// Reads all of this secret.
    /// - Throws: `damagedState` where something is left over, and what `body` throws.
    func decoding<T>(_ body: (inout Reader) throws(MLSError) -> T) throws(MLSError) -> T {
        var bytes = exposedCopy()
        defer { wipe(&bytes) }
        var reader = Reader(bytes)
        let value = try body(&reader)
        guard reader.isAtEnd else { throw MLSError(.damagedState, "a stored state has bytes left over") }
        return value
    }
}

extension Writer {
    /// The most bytes of a vector's length (§2.1.2).
    static let lengthCapacity = 4

    /// A secret as `opaque<V>`.
    mutating func secret(_ secret: SecretBytes) {
        var bytes = secret.exposedCopy()
        opaque(bytes)
        Sodium.wipe(&bytes)
    }
}

extension Reader {
    mutating func secret() throws(MLSError) -> SecretBytes {
        do {
            var bytes = try opaque("secret")
            defer { wipe(&bytes) }
            return SecretBytes(bytes)
        } catch {
            throw MLSError(.damagedState, "a stored state is cut short")
        }
    }
}
