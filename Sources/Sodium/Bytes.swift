internal import CSodium

/// Overwrites `bytes` with zeros in a way that the compiler may not leave out, then empties it. An array that something
/// else still references is copied first, as Swift does before every change: then the copy is wiped, and the original
/// stays.
public func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { buffer in
        if let start = buffer.baseAddress { sodium_memzero(start, buffer.count) }
    }
    bytes.removeAll()
}

/// Equality whose time depends on the lengths only. For tags, tokens and other values that an attacker may guess at.
public func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    Initialisation.ensure()
    return a.count == b.count && sodium_memcmp(a, b, a.count) == 0
}

/// `count` bytes from the system's random number generator, for values that are not secret (identifiers, nonces,
/// salts).
/// - Precondition: `count` is not negative.
public func randomBytes(count: Int) -> [UInt8] {
    Initialisation.ensure()
    return bytes(count) { randombytes_buf($0, count) }
}

/// An array of `count` bytes, all of which `fill` writes; it is asked only where there are some.
@inline(__always)
func bytes(_ count: Int, fill: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
        guard count > 0, let start = buffer.baseAddress else { return }
        fill(start)
        initialised = count
    }
}
