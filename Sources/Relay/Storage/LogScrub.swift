import GRDB
import Synchronization

/// What was destroyed is overwritten in the database file, but the write-ahead log still holds the pages as they were, so
/// it has to be emptied [R12].
final class LogScrub: Sendable {
    private let flag = Mutex(false)

    /// Something was destroyed since the log was last emptied.
    var isNeeded: Bool {
        get { flag.withLock { $0 } }
        set { flag.withLock { $0 = newValue } }
    }

    /// Empties the log. Readers can keep it from being emptied; then it stays needed, and nobody waits long.
    func run(in db: Database) throws {
        isNeeded = false
        do {
            try db.execute(sql: "PRAGMA busy_timeout = 100")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = \(SQLiteStore.busySeconds * 1000)") }
            try db.checkpoint(.truncate)
        } catch {
            isNeeded = true
            guard (error as? DatabaseError)?.resultCode == .SQLITE_BUSY else { throw error }
        }
    }
}
