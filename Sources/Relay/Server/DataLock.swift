import Foundation
import Terms

/// Keeps a second relay off a data directory: two would give out the same numbers and sign both.
final class DataLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``StartError`` where another process has it, or the directory cannot be written.
    init(directory: URL) throws {
        let path = directory.appendingPathComponent("relay.lock").path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StartError(
                .dataUnusable, "cannot use \(directory.path): \(String(cString: strerror(errno)))",
                hint: "--data is the directory that `tocsin-relay init` made, and the relay must own it")
        }
        guard Self.take(descriptor) else {
            close(descriptor)
            throw StartError(
                .alreadyRuns, "another relay is running on \(directory.path)",
                hint: "end it first, or give this one a directory of its own")
        }
    }

    /// A relay that ends while the next one starts still has it for a moment; so does a child of this process that was
    /// forked and has not yet become another program.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(pauseMicroseconds)
        }
        return false
    }

    private static let tries = 20
    private static let pauseMicroseconds: UInt32 = 50_000

    /// Closing gives the lock back; so does the end of the process, however it comes.
    deinit { close(descriptor) }
}
