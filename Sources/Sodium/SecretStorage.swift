internal import CSodium

/// Secret bytes on the heap, in one allocation with their owner; wiped when the last reference goes.
final class HeapSecret: ManagedBuffer<Int, UInt8> {
    /// - Precondition: `count` is not negative. The bytes are not initialised.
    static func make(count: Int) -> HeapSecret {
        precondition(count >= 0)
        // `create` always makes an object of the class that it is called on.
        return unsafeDowncast(create(minimumCapacity: max(count, 1)) { _ in count }, to: HeapSecret.self)
    }

    deinit {
        withUnsafeMutablePointers { count, start in Self.wipe(count: count.pointee, start) }
    }

    /// Overwrites in a way that the compiler may not leave out although nobody reads the bytes again.
    static func wipe(count: Int, _ start: UnsafeMutablePointer<UInt8>) { sodium_memzero(start, count) }
}

/// Secret bytes in pages of their own (`sodium_malloc`).
final class GuardedSecret {
    let start: UnsafeMutablePointer<UInt8>

    /// - Precondition: `count` is not negative.
    /// - Throws: `outOfMemory` where the system gives no more pages.
    init(count: Int) throws(SodiumError) {
        precondition(count >= 0)
        guard let pointer = sodium_malloc(max(count, 1)) else {
            throw SodiumError(.outOfMemory, "no guarded memory is left for \(count) bytes")
        }
        start = pointer.bindMemory(to: UInt8.self, capacity: max(count, 1))
    }

    /// Makes the bytes read-only. Where the system cannot, they stay writable and otherwise as safe.
    func protect() { sodium_mprotect_readonly(start) }

    func withPointer<R, E: Error>(_ body: (UnsafePointer<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(UnsafePointer(start))
    }

    deinit {
        sodium_free(start)  // Wipes, and checks the canary.
    }
}
