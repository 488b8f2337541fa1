import Foundation
import GRDB
import Terms

/// A SQLite file: WAL, every commit synced, deleted content overwritten. The one place where GRDB is imported.
package final class Database: Sendable {
    /// Who uses a file, and how.
    package enum Access: Sendable {
        /// Several processes, which read and write.
        case shared
        /// This process only: without the index beside the log that others would share, for which a full disk has no room.
        case alone
        /// It is read as it is, and never made.
        case readOnly
        /// As ``readOnly``, where nothing can be made beside it either: its log must be empty.
        case sealed
    }

    /// How a database is opened.
    package struct Options: Sendable {
        /// Seconds that a transaction waits for another process's.
        package var busySeconds = 10
        /// Connections that read while another writes; 0 where one connection does it all.
        package var readers = 4
        /// Pages (4 KiB each) that the file may have; 0 for no limit but the disk's.
        package var pages = 0
        /// Pages of log after which a commit writes them into the file; 0 for never, where somebody else does.
        package var checkpointPages = 1_000
        /// KiB that each connection keeps in memory.
        package var cacheKiB = 2_000

        package var access = Access.shared
        /// Hears of each statement that is run, without its arguments: for tests of how statements find their rows.
        package var onStatement: (@Sendable (String) -> Void)?

        package init() {}
    }

    let writer: any DatabaseWriter
    private let options: Options
    private let path: String

    /// - Parameter schema: numbered migrations, from 1; once released, each is frozen. None where the file is taken as it is.
    /// - Throws: ``SQLiteError``; `newer` where the file has more migrations than `schema`.
    package init(path: String, schema: [String] = [], options: Options = Options()) throws {
        self.options = options
        self.path = path
        writer = try SQLiteError.translating {
            if options.access.isReadOnly { return try Self.connect(path: path, options: options) }
            // SQLite gives its other files the mode of this one.
            let created = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if created >= 0 { Glibc.close(created) }
            let writer = try Self.connect(path: path, options: options)
            // GRDB lowers `synchronous` to NORMAL once a pool is open, where a power loss takes what was accepted. Every
            // write goes through this connection.
            try writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return writer
        }
        try SQLiteError.translating { try migrate(schema) }
    }

    private static func connect(path: String, options: Options) throws -> any DatabaseWriter {
        var configuration = Configuration()
        configuration.busyMode = .timeout(TimeInterval(options.busySeconds))
        configuration.maximumReaderCount = max(1, options.readers)
        configuration.readonly = options.access.isReadOnly
        configuration.prepareDatabase { db in
            if let onStatement = options.onStatement {
                db.trace { if case .statement(let statement) = $0 { onStatement(statement.sql) } }
            }
            if options.access.isReadOnly { return }
            if options.access == .alone { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            // A pool sets it itself, and its readers must not: changing it waits for nobody.
            if options.readers == 0 { try db.execute(sql: "PRAGMA journal_mode = WAL") }
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA foreign_keys = ON")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(options.checkpointPages)")
            try db.execute(sql: "PRAGMA cache_size = -\(options.cacheKiB)")
            if options.pages > 0 { try db.execute(sql: "PRAGMA max_page_count = \(options.pages)") }
        }
        if options.readers > 0 { return try DatabasePool(path: path, configuration: configuration) }
        return try DatabaseQueue(path: options.access == .sealed ? sealed(path) : path, configuration: configuration)
    }

    /// As a URI, which Debian's SQLite takes for a path.
    private static func sealed(_ path: String) -> String {
        "file:" + (path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path) + "?immutable=1"
    }

    private func migrate(_ schema: [String]) throws {
        guard !schema.isEmpty else { return }
        var migrator = DatabaseMigrator()
        for (index, script) in schema.enumerated() {
            migrator.registerMigration("\(index + 1)") { try $0.execute(sql: script) }
        }
        guard try !writer.read({ try migrator.hasBeenSuperseded($0) }) else {
            throw SQLiteError(.newer, "the database was written by a newer program")
        }
        try migrator.migrate(writer)
    }

    /// How long the log beside a file is; nil where there is none.
    package static func logBytes(of path: String) -> Int? {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int(status.st_size) : nil
    }

    package func close() throws { try SQLiteError.translating { try writer.close() } }

    // MARK: Transactions

    /// One change, whole or not at all, durable when this returns.
    package func write<T>(_ change: (Connection) throws -> T) throws -> T {
        try SQLiteError.translating { try writer.write { try change(Connection(database: $0)) } }
    }

    package func read<T>(_ body: (Connection) throws -> T) throws -> T {
        try SQLiteError.translating { try writer.read { try body(Connection(database: $0)) } }
    }

    /// As ``read(_:)-(_)``, without keeping a thread.
    package func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        do {
            return try await writer.read { try body(Connection(database: $0)) }
        } catch {
            throw SQLiteError.translated(error)
        }
    }

    /// Copies all that is committed into a file that must not exist, while others go on writing.
    package func copy(to path: String) throws {
        try SQLiteError.translating {
            try writer.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        }
    }

    // MARK: What was deleted

    /// Empties the write-ahead log: deleted content is overwritten in the file, but the log still has the pages as they
    /// were.
    /// - Parameter patience: milliseconds to wait for who reads.
    /// - Returns: false where a reader kept it from being emptied.
    @discardableResult
    package func scrub(patience: Int) throws -> Bool {
        try SQLiteError.translating {
            try writer.writeWithoutTransaction { try scrub(patience: patience, in: $0) }
        }
    }

    /// How long the write-ahead log's file is; an emptied one has none.
    package var logBytes: Int { Self.logBytes(of: path) ?? 0 }

    func scrub(patience: Int, in db: GRDB.Database) throws -> Bool {
        do {
            try db.execute(sql: "PRAGMA busy_timeout = \(patience)")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = \(options.busySeconds * 1000)") }
            try db.checkpoint(.truncate)
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return false
        }
    }
}

extension Database.Access {
    fileprivate var isReadOnly: Bool { self == .readOnly || self == .sealed }
}
