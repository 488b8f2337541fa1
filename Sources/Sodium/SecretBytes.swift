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
        /// read-only after `init`. Costs several pages each, so for the few long-lived keys; and the system may refuse
        /// it, so what takes a `memory` throws.
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

    /// Makes `count` bytes on the heap and lets `fill` write them in place. They are zero before.
    /// - Precondition: `count` is not negative.
    /// - Throws: what `fill` throws.
    public init<E: Error>(count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        try self.init(uninitialized: count) { (start) throws(E) in
            start.initialize(repeating: 0, count: count)
            try fill(UnsafeMutableRawBufferPointer(start: start, count: count))
        }
    }

    /// Makes `count` bytes in `memory` and lets `fill` write them in place. They are zero before.
    /// - Precondition: `count` is not negative.
    /// - Throws: `outOfMemory` where no guarded memory is left; what `fill` throws.
    public init(
        count: Int, memory: Memory, fill: (UnsafeMutableRawBufferPointer) throws(SodiumError) -> Void
    ) throws(SodiumError) {
        try self.init(uninitialized: count, memory: memory) { (start) throws(SodiumError) in
            start.initialize(repeating: 0, count: count)
            try fill(UnsafeMutableRawBufferPointer(start: start, count: count))
        }
    }

    /// Heap bytes without the zeros: `fill` must write all `count` bytes. The pointer is valid also where `count` is 0,
    /// because libsodium must never be given NULL for an empty key.
    init<E: Error>(
        uninitialized count: Int, fill: (UnsafeMutablePointer<UInt8>) throws(E) -> Void
    ) throws(E) {
        Initialisation.ensure()
        self.count = count
        let secret = HeapSecret.make(count: count)
        try secret.withUnsafeMutablePointerToElements { (start) throws(E) in try fill(start) }
        storage = .heap(secret)
    }

    /// As above, in `memory`.
    /// - Throws: `outOfMemory` where no guarded memory is left; what `fill` throws.
    init(
        uninitialized count: Int, memory: Memory, fill: (UnsafeMutablePointer<UInt8>) throws(SodiumError) -> Void
    ) throws(SodiumError) {
        switch memory {
        case .heap: try self.init(uninitialized: count, fill: fill)
        case .guarded:
            Initialisation.ensure()
            let secret = try GuardedSecret(count: count)
            try fill(secret.start)
            secret.protect()
            self.init(storage: .guarded(secret), count: count)
        }
    }

    private init(storage: Storage, count: Int) {
        self.storage = storage
        self.count = count
    }

    /// Copies `bytes` to the heap. The caller's copy is the caller's to wipe: see ``wipe(_:)``.
    public init(_ bytes: some Collection<UInt8>) {
        let count = bytes.count
        self.init(uninitialized: count) { start in
            _ = UnsafeMutableBufferPointer(start: start, count: count).initialize(fromContentsOf: bytes)
        }
    }

    /// Copies `bytes` to the heap. The caller's copy is the caller's to wipe: see ``wipe(_:)``.
    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { SecretBytes($0) }
    }

    /// Copies `bytes` to the heap.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.init(uninitialized: bytes.count) { start in
            UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyMemory(from: bytes)
        }
    }

    /// Copies `bytes` to `memory`. The caller's copy is the caller's to wipe: see ``wipe(_:)``.
    /// - Throws: `outOfMemory` where no guarded memory is left.
    public init(_ bytes: some Collection<UInt8>, memory: Memory) throws(SodiumError) {
        let count = bytes.count
        try self.init(uninitialized: count, memory: memory) { start in
            _ = UnsafeMutableBufferPointer(start: start, count: count).initialize(fromContentsOf: bytes)
        }
    }

    /// `count` bytes from the system's random number generator, on the heap.
    public static func random(count: Int) -> SecretBytes {
        SecretBytes(uninitialized: count) { randombytes_buf($0, count) }
    }

    /// `count` bytes from the system's random number generator, in `memory`.
    /// - Throws: `outOfMemory` where no guarded memory is left.
    public static func random(count: Int, memory: Memory) throws(SodiumError) -> SecretBytes {
        try SecretBytes(uninitialized: count, memory: memory) { randombytes_buf($0, count) }
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
    /// - Throws: `outOfMemory` where none is left.
    public func guarded() throws(SodiumError) -> SecretBytes {
        memory == .guarded
            ? self : try withUnsafeBytes { (bytes) throws(SodiumError) in try SecretBytes(bytes, memory: .guarded) }
    }

    /// Equality whose time depends on the lengths only.
    public func constantTimeEquals(_ other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return withPointer { mine in other.withPointer { theirs in sodium_memcmp(mine, theirs, count) == 0 } }
    }

    public var description: String { "SecretBytes(\(count) bytes)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
