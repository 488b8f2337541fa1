import Synchronization

@_silgen_name("__sanitizer_install_malloc_and_free_hooks")
private func installHooks(
    _ allocated: @convention(c) (UnsafeRawPointer?, Int) -> Void, _ freed: @convention(c) (UnsafeRawPointer?) -> Void
) -> CInt

@_silgen_name("__sanitizer_get_allocated_size")
private func allocatedSize(_ pointer: UnsafeRawPointer?) -> Int

/// Counts the bytes of the heap that are in use, by AddressSanitizer's hooks: what an input takes at its worst moment.
enum MemoryMeter {
    private static let inUse = Atomic<Int>(0)
    private static let peak = Atomic<Int>(0)

    /// Once, before libFuzzer starts.
    static func install() {
        // The hooks must not allocate: what they touch is made before.
        _ = inUse.load(ordering: .relaxed)
        _ = peak.load(ordering: .relaxed)
        let installed = installHooks(
            { _, size in MemoryMeter.add(size) },
            { pointer in if let pointer { MemoryMeter.add(-allocatedSize(pointer)) } })
        precondition(installed != 0, "the sanitizer takes no hooks: build with --sanitize address")
    }

    private static func add(_ size: Int) {
        let now = inUse.add(size, ordering: .relaxed).newValue
        _ = peak.max(now, ordering: .relaxed)
    }

    /// The bytes that `body` has in use at once, over those that were in use before.
    static func peak(of body: () -> Void) -> Int {
        let before = inUse.load(ordering: .relaxed)
        peak.store(before, ordering: .relaxed)
        body()
        return peak.load(ordering: .relaxed) - before
    }
}
