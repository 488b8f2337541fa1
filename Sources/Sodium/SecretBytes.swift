internal import CSodium

/// Bytes that must not outlive their use: wiped when the last reference goes, never printed, never `Codable`, and
/// compared only in constant time (there is no synthesised `==`).
///
/// Immutable after `init`, so references may be shared freely, also across threads.
public final class SecretBytes: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    // Proof for @unchecked: `base` is written only inside init, before the reference escapes; afterwards it is only read,
    // and it is freed in deinit, when no other reference exists.

    /// Where the bytes live.
    public enum Memory: Sendable {
        /// Ordinary heap: cheap, wiped on deinit. For the many short-lived secrets of a protocol run.
        case heap
        /// `sodium_malloc`: guard pages, locked against swapping where the system allows it, left out of core dumps,
        /// read-only after `init`. Costs several pages each, so for the few long-lived keys.
        case guarded
    }

    public let count: Int
    public let memory: Memory
    private let base: UnsafeMutableRawPointer

    /// Makes `count` bytes and lets `fill` write them in place. They are zero before.
    public init<E: Error>(
        count: Int, memory: Memory = .heap, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        Initialisation.ensure()
        precondition(count >= 0)
        self.count = count
        self.memory = memory
        switch memory {
        case .heap:
            base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
        case .guarded:
            guard let pointer = sodium_malloc(max(count, 1)) else {
                preconditionFailure("no guarded memory left")
            }
            base = pointer
        }
        let buffer = UnsafeMutableRawBufferPointer(start: base, count: count)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(buffer)
        if memory == .guarded { sodium_mprotect_readonly(base) }
    }

    /// Copies `bytes`. The caller's copy is the caller's to wipe: see ``wipe(_:)``.
    public convenience init(_ bytes: some Collection<UInt8>, memory: Memory = .heap) {
        self.init(count: bytes.count, memory: memory) { $0.copyBytes(from: bytes) }
    }

    /// `count` bytes from the system's random number generator.
    public static func random(count: Int, memory: Memory = .heap) -> SecretBytes {
        SecretBytes(count: count, memory: memory) { buffer in
            if let start = buffer.baseAddress { randombytes_buf(start, buffer.count) }
        }
    }

    deinit {
        switch memory {
        case .heap:
            sodium_memzero(base, count)
            base.deallocate()
        case .guarded:
            sodium_free(base)  // Wipes, and checks the canary.
        }
    }

    /// Gives `body` the bytes for the length of the call. They must not escape it.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The bytes as an array, which is not wiped. Only for handing to an API that takes nothing else: sealing a vault
    /// value, writing a key file. Overwrite it with ``wipe(_:)`` after use.
    public func exposedCopy() -> [UInt8] { withUnsafeBytes { Array($0) } }

    /// The bytes from `range`, as a secret of its own.
    /// - Precondition: `range` lies within `0..<count`.
    public func slice(_ range: Range<Int>) -> SecretBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return withUnsafeBytes { SecretBytes(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The same bytes in guarded memory.
    public func guarded() -> SecretBytes {
        memory == .guarded ? self : withUnsafeBytes { SecretBytes($0, memory: .guarded) }
    }

    /// Equality whose time depends on the lengths only.
    public func constantTimeEquals(_ other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in
                guard let a = mine.baseAddress, let b = theirs.baseAddress else { return true }
                return sodium_memcmp(a, b, count) == 0
            }
        }
    }

    public var description: String { "SecretBytes(\(count) bytes)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites `bytes` with zeros in a way that the compiler may not leave out, then empties it.
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

/// `count` bytes from the system's random number generator, for values that are not secret (identifiers, nonces, salts).
public func randomBytes(count: Int) -> [UInt8] {
    Initialisation.ensure()
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
        if let start = buffer.baseAddress { randombytes_buf(start, count) }
        initialised = count
    }
}
