internal import CSodium

/// Bytes that must not outlive their use: wiped when the last reference goes, never printed, never `Codable`, and
/// compared only in constant time (there is no synthesised `==`).
///
/// Immutable after `init`; copies share the same memory, so they cost nothing and are wiped together.
public struct SecretBytes: Sendable, CustomStringConvertible, CustomReflectable {
    /// Where the bytes live.
    public enum Memory: Sendable {
        /// Ordinary heap: cheap, wiped with its last reference. For the many short-lived secrets of a protocol run.
        case heap
        /// `sodium_malloc`: guard pages, locked against swapping where the system allows it, left out of core dumps,
        /// read-only after `init`. Costs several pages each, so for the few long-lived keys.
        case guarded
    }

    private enum Storage: @unchecked Sendable {
        // Proof for @unchecked: the bytes are written only by `init`, before the reference escapes; afterwards they are
        // only read (guarded ones are read-only to the processor, too), and they are wiped in the owner's deinit, when
        // no other reference exists.
        case heap(HeapSecret)
        case guarded(GuardedSecret)
    }

    private let storage: Storage
    public let count: Int

    public var memory: Memory {
        switch storage {
        case .heap: .heap
        case .guarded: .guarded
        }
    }

    /// Makes `count` bytes and lets `fill` write them in place. They are zero before.
    /// - Precondition: `count` is not negative.
    /// - Throws: what `fill` throws.
    public init<E: Error>(
        count: Int, memory: Memory = .heap, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        try self.init(uninitialized: count, memory: memory) { (start) throws(E) in
            start.initialize(repeating: 0, count: count)
            try fill(UnsafeMutableRawBufferPointer(start: start, count: count))
        }
    }

    /// As above, without the zeros: `fill` must write all `count` bytes. The pointer is valid also where `count` is 0,
    /// because libsodium must never be given NULL for an empty key.
    init<E: Error>(
        uninitialized count: Int, memory: Memory = .heap, fill: (UnsafeMutablePointer<UInt8>) throws(E) -> Void
    ) throws(E) {
        Initialisation.ensure()
        self.count = count
        switch memory {
        case .heap:
            let secret = HeapSecret.make(count: count)
            try secret.withUnsafeMutablePointerToElements { (start) throws(E) in try fill(start) }
            storage = .heap(secret)
        case .guarded:
            let secret = GuardedSecret(count: count)
            try fill(secret.start)
            secret.protect()
            storage = .guarded(secret)
        }
    }

    /// Copies `bytes`. The caller's copy is the caller's to wipe: see ``wipe(_:)``.
    public init(_ bytes: some Collection<UInt8>, memory: Memory = .heap) {
        let count = bytes.count
        self.init(uninitialized: count, memory: memory) { start in
            _ = UnsafeMutableBufferPointer(start: start, count: count).initialize(fromContentsOf: bytes)
        }
    }

    /// Copies `bytes`. The caller's copy is the caller's to wipe: see ``wipe(_:)``.
    public init(_ bytes: [UInt8], memory: Memory = .heap) {
        self = bytes.withUnsafeBytes { SecretBytes($0, memory: memory) }
    }

    /// Copies `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer, memory: Memory = .heap) {
        self.init(uninitialized: bytes.count, memory: memory) { start in
            UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyMemory(from: bytes)
        }
    }

    /// `count` bytes from the system's random number generator.
    public static func random(count: Int, memory: Memory = .heap) -> SecretBytes {
        SecretBytes(uninitialized: count, memory: memory) { randombytes_buf($0, count) }
    }

    /// Gives `body` the bytes for the length of the call. They must not escape it.
    /// - Throws: what `body` throws.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withPointer { (start) throws(E) in try body(UnsafeRawBufferPointer(start: start, count: count)) }
    }

    /// As ``withUnsafeBytes(_:)`` for libsodium: never NULL, also where there are no bytes.
    func withPointer<R, E: Error>(_ body: (UnsafePointer<UInt8>) throws(E) -> R) throws(E) -> R {
        switch storage {
        case .heap(let secret):
            try secret.withUnsafeMutablePointerToElements { (start) throws(E) in try body(UnsafePointer(start)) }
        case .guarded(let secret):
            try secret.withPointer(body)
        }
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
        return withPointer { mine in other.withPointer { theirs in sodium_memcmp(mine, theirs, count) == 0 } }
    }

    public var description: String { "SecretBytes(\(count) bytes)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
