package import Foundation
import Synchronization

/// A folder that goes with its last owner. All of a run stand in one folder, which goes when the process ends: so nothing
/// stays behind of what a suite, or a test that ended the process, still held.
package final class TemporaryDirectory: Sendable {
    package let url: URL

    package init() throws {
        url = try Run.folder.get().appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package func file(_ name: String) -> URL { url.appendingPathComponent(name) }
    package func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: file(name)) }
    package func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: file(name))) }

    /// What is in it, sorted.
    package var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }

    /// How often its files hold these bytes.
    package func count(of needle: [UInt8]) throws -> Int {
        try names.reduce(0) { sum, name in
            let data = try Data(contentsOf: file(name))
            var (found, start) = (0, data.startIndex)
            while let range = data.range(of: Data(needle), in: start..<data.endIndex) {
                found += 1
                start = range.upperBound
            }
            return sum + found
        }
    }
}

/// The folder of this process's tests.
private enum Run {
    private static let prefix = "tocsin-tests-"
    private static let parent = FileManager.default.temporaryDirectory

    /// A lock in it says that the process lives. Folders without one are of runs that were killed, and go first.
    static let folder = Result<URL, any Error> {
        for name in try FileManager.default.contentsOfDirectory(atPath: parent.path) where name.hasPrefix(prefix) {
            let old = parent.appendingPathComponent(name)
            if lock(old) { try? FileManager.default.removeItem(at: old) }
        }
        let folder = parent.appendingPathComponent(prefix + UUID().uuidString)
        // Made under another name: nobody may take it for left behind before its lock is taken.
        let unnamed = parent.appendingPathComponent("." + folder.lastPathComponent)
        try FileManager.default.createDirectory(at: unnamed, withIntermediateDirectories: true)
        guard lock(unnamed) else { throw CocoaError(.fileLocking) }
        try FileManager.default.moveItem(at: unnamed, to: folder)
        made.withLock { $0 = folder }
        atexit { Run.made.withLock { folder in folder.map { try? FileManager.default.removeItem(at: $0) } } }
        return folder
    }

    private static let made = Mutex<URL?>(nil)

    /// Kept until the process ends.
    private static func lock(_ folder: URL) -> Bool {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        close(descriptor)
        return false
    }
}
