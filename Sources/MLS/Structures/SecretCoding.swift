import Sodium
import WireFormat

// How states that hold secrets become bytes and come back: the working buffers are wiped.

extension SecretBytes {
    /// What `body` writes, as a secret.
    static func encoding<E: Error>(_ body: (inout Writer) throws(E) -> Void) throws(E) -> SecretBytes {
        var writer = Writer(reservingCapacity: 4096)
        try body(&writer)
        let secret = SecretBytes(writer.bytes)
        writer.wipe()
        return secret
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
