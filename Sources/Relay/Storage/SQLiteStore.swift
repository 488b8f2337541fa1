import CallList
import Foundation
import GRDB
import Logging
import RelayAPI

/// The embedded engine: SQLite in WAL mode, synchronous FULL, one writer that groups commits, many readers.
struct SQLiteStore: RelayStore {
    static let busySeconds = 10

    let pool: DatabasePool
    let writer: GroupCommitWriter
    let logScrub = LogScrub()

    /// Why a database cannot be used.
    enum OpenFailure: Error {
        /// It was written by a newer program.
        case newer
    }

    /// - Parameter pages: limit of the database in pages; 0 for none.
    init(path: String, pages: Int, logger: Logger) throws {
        // SQLite gives its other files the mode of this one.
        let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if created >= 0 { Glibc.close(created) }
        chmod(path, 0o600)
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(TimeInterval(Self.busySeconds))
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA foreign_keys = ON")
            // A checkpoint costs two fsyncs and writes each changed page once: the rarer, the fewer. 32 MiB of log.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
            // Idempotency keys are random, so a post touches pages all over their index: kept in memory, 64 MiB at most.
            try db.execute(sql: "PRAGMA cache_size = -65536")
            if pages > 0 { try db.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        writer = GroupCommitWriter(pool: pool, logger: logger)
        let migrator = RelaySchema.migrator
        guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else { throw OpenFailure.newer }
        try migrator.migrate(pool)
        // What was destroyed just before a crash may still be in the log.
        try pool.writeWithoutTransaction { try logScrub.run(in: $0) }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw writer.problem(error)
        }
    }

    // MARK: Call lists

    func newestCallList() async throws -> [UInt8]? {
        try await read { db in
            try Data.fetchOne(db, sql: "SELECT bundle FROM call_lists ORDER BY version DESC LIMIT 1").map {
                [UInt8]($0)
            }
        }
    }

    func callList(version: UInt64) async throws -> [UInt8]? {
        guard let version = Int64(exactly: version) else { return nil }
        return try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT bundle FROM call_lists WHERE version = ?")
            return try Data.fetchOne(statement, arguments: [version]).map { [UInt8]($0) }
        }
    }

    func put(callList bundle: [UInt8], version: UInt64, devices: Set<DeviceID>) async throws {
        try await writer.write(.people) { db in
            let newest = try db.number("SELECT max(version) FROM call_lists")
            guard let version = Int64(exactly: version), newest == nil || newest == version - 1 else {
                throw Problem.callListConflict("another call list came first")
            }
            try db.run("INSERT INTO call_lists (version, bundle) VALUES (?, ?)", [version, Data(bundle)])
            let listed = Set(devices.map { Data($0.bytes) })
            for table in ["key_packages", "welcomes"] {
                for device in try Data.fetchSet(db, sql: "SELECT DISTINCT device FROM \(table)")
                where !listed.contains(device) {
                    try db.run("DELETE FROM \(table) WHERE device = ?", [device])
                }
            }
            try db.run(
                """
                DELETE FROM welcome_bodies
                WHERE NOT EXISTS (SELECT 1 FROM welcomes WHERE welcomes.body = welcome_bodies.id)
                """)
        }
        logScrub.isNeeded = true
    }
}
