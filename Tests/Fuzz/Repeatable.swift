import CSodium
import Synchronization

/// Replaces libsodium's randomness by a stream that starts anew for each input, so that what was found is found again: by
/// the same input, in another process too. Only who gets which of the keys that are drawn on several threads at once, as
/// for eight recipients and more, is not the same each time.
enum Repeatable {
    private static let counter = Atomic<UInt64>(0)

    /// Before libsodium is used for the first time.
    static func install() {
        _ = counter.load(ordering: .relaxed)
        // libsodium keeps the pointer for the life of the process.
        let implementation = UnsafeMutablePointer<randombytes_implementation>.allocate(capacity: 1)
        implementation.initialize(
            to: randombytes_implementation(
                implementation_name: { nil },
                random: {
                    var value: UInt32 = 0
                    Repeatable.fill(&value, MemoryLayout<UInt32>.size)
                    return value
                },
                stir: nil, uniform: nil,
                buf: { buffer, count in if let buffer { Repeatable.fill(buffer, count) } },
                close: nil))
        randombytes_set_implementation(implementation)
    }

    /// The stream from one place of it, far behind what was made before the first input: no key comes twice.
    static func restart() { counter.store(1 << 32, ordering: .relaxed) }

    private static func fill(_ buffer: UnsafeMutableRawPointer, _ count: Int) {
        var nonce = counter.add(1, ordering: .relaxed).oldValue
        let key: [UInt8] = Array(repeating: 7, count: 32)
        _ = crypto_stream_chacha20(
            buffer.assumingMemoryBound(to: UInt8.self), UInt64(count),
            withUnsafeBytes(of: &nonce) { Array($0) }, key)
    }
}
