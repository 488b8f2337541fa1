import Foundation

/// Where the clock stands that nobody sets: it also runs while the machine sleeps.
public struct MonotonicTime: Hashable, Sendable {
    /// Names the boot that it counts from, 16 bytes: after another one it says nothing of what was before.
    public let boot: [UInt8]
    public let milliseconds: UInt64

    public init(boot: [UInt8], milliseconds: UInt64) {
        self.boot = boot
        self.milliseconds = milliseconds
    }

    /// Milliseconds since `earlier`; nil where that was before another boot.
    public func milliseconds(since earlier: MonotonicTime) -> UInt64? {
        guard boot == earlier.boot, milliseconds >= earlier.milliseconds else { return nil }
        return milliseconds - earlier.milliseconds
    }

    public static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return MonotonicTime(boot: bootID, milliseconds: UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000)
    }

    /// Where the system does not tell, each process is a boot of its own: then less is known, and nothing wrong.
    private static let bootID: [UInt8] = {
        let path = "/proc/sys/kernel/random/boot_id"
        let text = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
        let id = text.flatMap { UUID(uuidString: $0) } ?? UUID()
        return withUnsafeBytes(of: id.uuid) { Array($0) }
    }()
}
