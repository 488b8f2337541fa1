internal import CSodium

/// libsodium must be initialised once before any other call; it then picks the fastest code for this processor.
/// A `static let` is run exactly once, by whichever thread comes first.
enum Initialisation {
    private static let result: Int32 = sodium_init()

    /// Traps only if the operating system gives no randomness at all; no input can cause this.
    @inline(__always)
    static func ensure() {
        precondition(result >= 0, "libsodium could not be initialised")
    }
}
