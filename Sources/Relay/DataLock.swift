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
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StartError(
                .alreadyRuns, "another relay is running on \(directory.path)",
                hint: "end it first, or give this one a directory of its own")
        }
    }

    /// Closing gives the lock back; so does the end of the process, however it comes.
    deinit { close(descriptor) }
}
