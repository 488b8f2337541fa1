import Foundation
import RelayAPI
import SQLite
import Synchronization

/// Room on the disk that ordinary writes leave to what a page hangs on: statements, timers, pages, call lists [R19]. The database
/// and the disk beneath it have two levels: at the lower the first are refused, at the higher all are.
final class DiskReserve: Sendable {
    private struct Look {
        var isRoom = true
        var at: ContinuousClock.Instant?
        /// What was written since.
        var bytes = 0
    }

    private let directory: String
    private let most: Int
    private let reserve: Int
    private let last = Mutex(Look())

    private static let pageBytes = 4_096
    /// It is looked at again after so long, or so many bytes.
    private static let interval = Duration.milliseconds(100)
    private static let bytes = 256 << 10

    /// - Parameters:
    ///   - path: of the database.
    ///   - pages: that it may have; 0 for no limit but the disk's.
    ///   - reserve: bytes.
    init(path: String, pages: Int, reserve: Int) {
        directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        most = pages * Self.pageBytes
        self.reserve = pages > 0 ? min(reserve, most / 4) : reserve
    }

    /// - Parameter bytes: that are about to be written.
    /// - Throws: `storageFull` where they would be written into the reserve.
    func check(_ bytes: Int, in db: Connection) throws {
        let isRoom = try last.withLock { last in
            last.bytes += bytes
            let isRecent = last.at.map { ContinuousClock.now - $0 < Self.interval } ?? false
            guard !isRecent || last.bytes >= min(Self.bytes, reserve / 4) else { return last.isRoom }
            last = Look(isRoom: try look(bytes, in: db), at: .now)
            return last.isRoom
        }
        guard isRoom else { throw Problem.storageFull }
    }

    private func look(_ bytes: Int, in db: Connection) throws -> Bool {
        if most > 0 {
            let pages = try (db.number("PRAGMA page_count") ?? 0) - (db.number("PRAGMA freelist_count") ?? 0)
            guard Int(clamping: pages) * Self.pageBytes + bytes <= most - reserve else { return false }
        }
        var disk = statvfs()
        guard statvfs(directory, &disk) == 0 else { return true }
        let (free, isHuge) = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        return isHuge || free >= UInt64(reserve + bytes)
    }
}
