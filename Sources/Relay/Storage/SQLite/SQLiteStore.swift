import CallList
import Foundation
import Logging
import RelayAPI
import SQLite
import Sodium
import Synchronization
import Terms

/// The embedded engine: SQLite, one writer that groups commits, many readers.
struct SQLiteStore: RelayStore {
    let database: Database
    private let writer: GroupCommitWriter<Notice, PostBatch>
    let reserve: DiskReserve
    private let logger: Logger
    /// Signs what the timers of pages do.
    let identity: Ed25519.PrivateKey
    /// The present one; nil before ``startGeneration()``.
    let generation = CurrentGeneration()
    /// Something was destroyed since the write-ahead log was last emptied [R12].
    private let needsScrub = Flag()

    /// - Parameters:
    ///   - pages: limit of the database in pages; 0 for none.
    ///   - reserve: bytes of the disk that ordinary writes leave to what a page hangs on.
    ///   - identity: the relay's.
    ///   - publish: told what became durable, in the order of the commits.
    /// - Throws: ``SQLiteError``.
    init(
        path: String, pages: Int, reserve: Int, identity: Ed25519.PrivateKey, logger: Logger,
        publish: @escaping @Sendable ([Notice]) -> Void
    ) throws {
        self.logger = logger
        self.identity = identity
        self.reserve = DiskReserve(path: path, pages: pages, reserve: reserve)
        var options = Database.Options()
        options.pages = pages
        // The writer makes them, after it has told what it committed.
        options.checkpointPages = 0
        // Many devices' idempotency keys lie all over their index: kept in memory, 64 MiB at most.
        options.cacheKiB = 65_536
        database = try Database(path: path, schema: RelaySchema.migrations, options: options)
        writer = GroupCommitWriter(database: database, checkpointBytes: Self.checkpointBytes, publish: publish)
        // What was destroyed just before a crash may still be in the log.
        try database.scrub(patience: Self.scrubPatience)
    }

    /// Milliseconds that emptying the log at the start waits for who reads.
    private static let scrubPatience = 100
    /// Bytes of write-ahead log after which it is written into the file.
    private static let checkpointBytes = 32 << 20

    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        do {
            return try await database.read(body)
        } catch {
            throw problem(error)
        }
    }

    func write<T: Sendable>(
        _ lane: WriteLane, _ change: @escaping @Sendable (Connection, inout [Notice]) throws -> T
    ) async throws -> T {
        do {
            return try await writer.write(lane, change)
        } catch {
            throw problem(error)
        }
    }

    func share<T: Sendable>(
        _ lane: WriteLane, _ change: @escaping @Sendable (Connection, inout PostBatch, inout [Notice]) throws -> T
    ) async throws -> T {
        do {
            return try await writer.share(lane, change)
        } catch {
            throw problem(error)
        }
    }

    /// A storage failure in the relay's own terms; refusals, and reads that nobody waits for any more, pass.
    func problem(_ error: any Error) -> any Error {
        guard let error = error as? SQLiteError else { return error }
        switch error.code {
        case .interrupted: return CancellationError()
        case .overloaded: return Problem.overloaded
        case .full:
            logger.error("the database is full", metadata: ["reason": "\(error.reason)"])
            return Problem.storageFull
        case .busy, .damaged, .cannotOpen, .newer, .misuse:
            logger.error("storage failed", metadata: ["code": "\(error.code)", "reason": "\(error.reason)"])
            return Problem.internalError
        }
    }

    // MARK: What was destroyed

    func noteDestroyed() { needsScrub.raise() }

    /// Empties the log where something was destroyed. A reader can keep it from being emptied; then it is tried again.
    func scrubIfNeeded() async throws {
        guard needsScrub.take() else { return }
        do {
            if try await !writer.scrub() { needsScrub.raise() }
        } catch {
            needsScrub.raise()
            throw problem(error)
        }
    }

    private final class Flag: Sendable {
        private let isUp = Mutex(false)
        func raise() { isUp.withLock { $0 = true } }
        func take() -> Bool {
            isUp.withLock { isUp in
                defer { isUp = false }
                return isUp
            }
        }
    }

    // MARK: Call lists

    func newestCallList() async throws -> [UInt8]? {
        try await read { db in
            try db.row("SELECT bundle FROM call_lists ORDER BY version DESC LIMIT 1")?.bytes(0)
        }
    }

    func callList(version: UInt64) async throws -> [UInt8]? {
        guard let version = Int64(exactly: version) else { return nil }
        return try await read { db in
            try db.row("SELECT bundle FROM call_lists WHERE version = ?", [version])?.bytes(0)
        }
    }

    func put(callList bundle: [UInt8], version: UInt64, devices: Set<DeviceID>) async throws {
        try await write(.first) { db, _ in
            let newest = try db.number("SELECT max(version) FROM call_lists")
            guard let version = Int64(exactly: version), newest == nil || newest == version - 1 else {
                throw Problem.callListConflict("another call list came first")
            }
            try db.run("INSERT INTO call_lists (version, bundle) VALUES (?, ?)", [version, bundle])
            for table in ["key_packages", "welcomes"] {
                let kept = try db.rows("SELECT DISTINCT device FROM \(table)").map {
                    try $0.identifier(DeviceID.self, 0)
                }
                for device in kept where !devices.contains(device) {
                    try db.run("DELETE FROM \(table) WHERE device = ?", [device])
                }
            }
            try db.run(
                """
                DELETE FROM welcome_bodies
                WHERE NOT EXISTS (SELECT 1 FROM welcomes WHERE welcomes.body = welcome_bodies.id)
                """)
        }
        noteDestroyed()
    }
}

/// What the writer stamps on what it takes.
final class CurrentGeneration: Sendable {
    private let value = Mutex<Generation?>(nil)
    var current: Generation? { value.withLock { $0 } }
    func become(_ generation: Generation) { value.withLock { $0 = generation } }
}
