import CallList
import Foundation
import GRDB
import RelayAPI

/// The embedded engine: SQLite in WAL mode, synchronous FULL, one writer that groups commits, many readers.
struct SQLiteStore: RelayStore {
    let pool: DatabasePool
    let writer: GroupCommitWriter

    /// - Parameter pages: limit of the database in pages; 0 for none.
    init(path: String, pages: Int) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA foreign_keys = ON")
            if pages > 0 { try db.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        try RelaySchema.migrator.migrate(pool)
        writer = GroupCommitWriter(pool: pool)
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw GroupCommitWriter.problem(error)
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
            try Data.fetchOne(db, sql: "SELECT bundle FROM call_lists WHERE version = ?", arguments: [version])
                .map { [UInt8]($0) }
        }
    }

    func put(callList bundle: [UInt8], version: UInt64, devices: Set<DeviceID>) async throws {
        try await writer.write { db in
            try db.execute(
                sql: "INSERT INTO call_lists (version, bundle) VALUES (?, ?)",
                arguments: [Int64(version), Data(bundle)])
            for table in ["key_packages", "welcomes"] {
                let known = try Data.fetchSet(db, sql: "SELECT DISTINCT device FROM \(table)")
                for device in known where !devices.contains(where: { Data($0.bytes) == device }) {
                    try db.execute(sql: "DELETE FROM \(table) WHERE device = ?", arguments: [device])
                }
            }
        }
    }

    // MARK: Idempotency

    /// The first answer to a write; nil where it is new.
    static func answer<T: Decodable>(
        _ type: T.Type, to event: EventID, by device: DeviceID, in db: Database
    ) throws -> T? {
        let statement = try db.cachedStatement(sql: "SELECT answer FROM answers WHERE device = ? AND event = ?")
        guard let stored = try Data.fetchOne(statement, arguments: [Data(device.bytes), Data(event.bytes)]) else {
            return nil
        }
        return try JSONDecoder().decode(type, from: stored)
    }

    static func remember(
        _ answer: some Encodable, to event: EventID, by device: DeviceID, at now: RelayTime, in db: Database
    ) throws {
        try db.cachedStatement(sql: "INSERT INTO answers (device, event, answer, at) VALUES (?, ?, ?, ?)").execute(
            arguments: [
                Data(device.bytes), Data(event.bytes), try JSONEncoder().encode(answer), Int64(now.milliseconds),
            ])
    }
}
