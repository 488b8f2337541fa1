public import Foundation
import Sodium
public import Terms

/// Files that are written whole or not at all.
public enum NewFile {
    /// Writes to a file that must not exist: fully written and synced under another name, then linked into place.
    /// - Throws: `exists`, `failed`.
    public static func write(_ bytes: [UInt8], to url: URL, mode: mode_t) throws(FileError) {
        let draft = try self.draft(bytes, beside: url, mode: mode)
        defer { unlink(draft) }
        guard link(draft, url.path) == 0 else {
            guard errno != EEXIST else {
                throw FileError(
                    .exists, "\(url.path) exists already", hint: "nothing was overwritten: name another file")
            }
            throw FileError(.failed, "cannot create \(url.path): \(String(cString: strerror(errno)))")
        }
        syncFolder(of: url)
    }

    /// Replaces a file, or makes it: what was there stays whole until all of the new one is on the disk.
    /// - Throws: `failed`.
    public static func replace(_ bytes: [UInt8], at url: URL, mode: mode_t) throws(FileError) {
        let draft = try self.draft(bytes, beside: url, mode: mode)
        guard rename(draft, url.path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(draft)
            throw FileError(.failed, "cannot replace \(url.path): \(reason)")
        }
        syncFolder(of: url)
    }

    /// The bytes, synced, in a file of another name in the same folder.
    private static func draft(_ bytes: [UInt8], beside url: URL, mode: mode_t) throws(FileError) -> String {
        // Not the process's number: where that comes again, as in a container, a crash's remains would be in the way.
        let draft = url.path + ".\(Hexadecimal.encode(randomBytes(count: 8))).new"
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw FileError(.failed, "cannot create \(url.path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else {
                let reason = String(cString: strerror(errno))
                unlink(draft)
                throw FileError(.failed, "cannot write \(url.path): \(reason)")
            }
            offset += written
        }
        guard fsync(descriptor) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(draft)
            throw FileError(.failed, "cannot write \(url.path): \(reason)")
        }
        return draft
    }

    /// The file's name must outlast a crash too. Some file systems cannot sync a folder; the file itself is whole
    /// anyway.
    private static func syncFolder(of url: URL) {
        let descriptor = Glibc.open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// - Throws: `failed`, `tooLarge`.
    public static func read(_ url: URL, limit: Int) throws(FileError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: url.path) else {
            throw FileError(.failed, "cannot read \(url.path): \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        let data: Data?
        do {
            data = try handle.read(upToCount: limit + 1)
        } catch {
            throw FileError(.failed, "cannot read \(url.path)")
        }
        guard (data?.count ?? 0) <= limit else {
            throw FileError(.tooLarge, "\(url.path) has more than \(limit) bytes")
        }
        return [UInt8](data ?? Data())
    }
}
