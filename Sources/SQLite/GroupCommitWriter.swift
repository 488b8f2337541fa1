import GRDB
import Synchronization
import Terms

/// What writes of one transaction hold back between them: it is in memory until the last of them has run, rather than written
/// anew by each.
package protocol WriteBatch: Sendable {
    /// Of a transaction that begins.
    init()
    /// Writes what is held back. Called before any write that does not share it, and before the commit.
    mutating func flush(in db: Connection) throws
}

/// Groups concurrent writes into one transaction: one sync for many, a savepoint each, so that one bad write fails alone.
/// Right after the commit, on the writer's own queue and so in the order of the commits, it publishes what the writes have
/// to tell; then their answers go out. So what was told or answered is durable. Checkpoints and
/// scrubbing come between two batches, after the telling, whatever load there is.
package final class GroupCommitWriter<Notice: Sendable, Batch: WriteBatch>: Sendable {
    private struct Job: Sendable {
        /// Throws what spoils the transaction for all.
        let run: @Sendable (Connection, inout Batch) throws -> Void
        /// What it has to tell; called once, after the commit.
        let notices: @Sendable () -> [Notice]
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queues {
        var waiting = WriteQueues<Job>()
        var scrubs: [CheckedContinuation<Bool, any Error>] = []
        var isDraining = false
    }

    private struct Outcome<T> {
        var result: Result<T, any Error>
        var notices: [Notice] = []
    }

    private let database: Database
    private let checkpointBytes: Int
    private let publish: @Sendable ([Notice]) -> Void
    private let queues = Mutex(Queues())

    /// - Parameters:
    ///   - database: opened without checkpoints of its own (``Database/Options/checkpointPages`` 0): SQLite makes them inside a
    ///     commit, so before anything of it is told.
    ///   - checkpointBytes: of log after which it is written into the file. A checkpoint costs two syncs and writes each
    ///     changed page once: the rarer, the fewer.
    ///   - publish: gets the notices of one commit, in the order of its writes. It must not wait for anything.
    package init(database: Database, checkpointBytes: Int, publish: @escaping @Sendable ([Notice]) -> Void) {
        self.database = database
        self.checkpointBytes = checkpointBytes
        self.publish = publish
    }

    /// Runs `change` in a transaction that it may share with others. It may run twice, where the shared transaction failed
    /// and each write gets one of its own; only what the last run did counts.
    /// - Throws: what `change` throws, after undoing just what it did; ``SQLiteError`` where the commit itself fails, and
    ///   nothing of it is stored; `overloaded` where too many wait.
    package func write<T: Sendable>(
        _ lane: WriteLane, _ change: @escaping @Sendable (Connection, inout [Notice]) throws -> T
    ) async throws -> T {
        try await add(to: lane) { db, batch, notices in
            try batch.flush(in: db)
            return Self.inSavepoint(db) { try change($0, &notices) }
        }
    }

    /// As ``write(_:_:)``, of one that knows what the others before it hold back. What it puts into the batch is undone, too, where it
    /// throws.
    package func share<T: Sendable>(
        _ lane: WriteLane, _ change: @escaping @Sendable (Connection, inout Batch, inout [Notice]) throws -> T
    ) async throws -> T {
        try await add(to: lane) { db, batch, notices in
            var after = batch
            let result = Self.inSavepoint(db) { try change($0, &after, &notices) }
            if case .success = result { batch = after }
            return result
        }
    }

    private func add<T: Sendable>(
        to lane: WriteLane,
        _ run: @escaping @Sendable (Connection, inout Batch, inout [Notice]) throws -> Result<T, any Error>
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex(
                Outcome<T>(result: .failure(SQLiteError(.misuse, "a write was answered before it ran"))))
            let job = Job(
                run: { connection, batch in
                    var notices: [Notice] = []
                    let result = try run(connection, &batch, &notices)
                    outcome.withLock { $0 = Outcome(result: result, notices: notices) }
                },
                notices: { outcome.withLock { if case .success = $0.result { $0.notices } else { [] } } },
                finish: { failure in
                    let result = outcome.withLock { $0.result }.flatMap { value -> Result<T, any Error> in
                        failure.map { .failure($0) } ?? .success(value)
                    }
                    continuation.resume(with: result.mapError(SQLiteError.translated))
                })
            let (isTaken, starts) = queues.withLock { queues in
                guard queues.waiting.add(job, to: lane) else { return (false, false) }
                defer { queues.isDraining = true }
                return (true, !queues.isDraining)
            }
            guard isTaken else {
                return continuation.resume(throwing: SQLiteError(.overloaded, "too many writes wait"))
            }
            if starts { drain() }
        }
    }

    private static func inSavepoint<T>(
        _ connection: Connection, _ change: (Connection) throws -> T
    ) -> Result<T, any Error> {
        Result {
            try connection.run("SAVEPOINT job")
            do {
                let result = try change(connection)
                try connection.run("RELEASE job")
                return result
            } catch {
                // Fails where SQLite rolled the whole transaction back by itself: `commit` sees that.
                try? connection.run("ROLLBACK TO job")
                try? connection.run("RELEASE job")
                throw error
            }
        }
    }

    /// Empties the write-ahead log, after the batch that is being written: deleted content is overwritten in the file, but the
    /// log still has the pages as they were.
    /// - Returns: false where a reader kept it from being emptied.
    package func scrub() async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            let starts = queues.withLock { queues in
                queues.scrubs.append(continuation)
                defer { queues.isDraining = true }
                return !queues.isDraining
            }
            if starts { drain() }
        }
    }

    /// Milliseconds that emptying the log waits for who reads, where that was asked for.
    private static var scrubPatience: Int { 100 }

    private func answer(_ scrubs: [CheckedContinuation<Bool, any Error>], in db: GRDB.Database) {
        guard !scrubs.isEmpty else { return }
        let result = Result { try database.scrub(patience: Self.scrubPatience, in: db) }
        for scrub in scrubs { scrub.resume(with: result.mapError(SQLiteError.translated)) }
    }

    /// Where a reader keeps the log from being emptied, the next batch tries again.
    private func checkpointIfLong(in db: GRDB.Database) {
        if database.logBytes >= checkpointBytes { _ = try? database.scrub(patience: 0, in: db) }
    }

    /// Takes batch after batch on the database's writer queue until none is left.
    private func drain() {
        database.writer.asyncWriteWithoutTransaction { [self] db in
            while true {
                let (jobs, scrubs) = queues.withLock { queues in
                    let (jobs, scrubs) = (queues.waiting.takeBatch(), queues.scrubs)
                    queues.scrubs = []
                    if jobs.isEmpty, scrubs.isEmpty { queues.isDraining = false }
                    return (jobs, scrubs)
                }
                if jobs.isEmpty, scrubs.isEmpty { return }
                defer {
                    answer(scrubs, in: db)
                    checkpointIfLong(in: db)
                }
                if jobs.isEmpty { continue }
                guard let failure = Self.commit(jobs, in: db) else {
                    finish(jobs)
                    continue
                }
                // One write can spoil the transaction for all (a full disk): then each stands for itself.
                for job in jobs {
                    if let failure = jobs.count == 1 ? failure : Self.commit([job], in: db) {
                        job.finish(failure)
                    } else {
                        finish([job])
                    }
                }
            }
        }
    }

    private func finish(_ jobs: [Job]) {
        let notices = jobs.flatMap { $0.notices() }
        if !notices.isEmpty { publish(notices) }
        for job in jobs { job.finish(nil) }
    }

    private static func commit(_ jobs: [Job], in db: GRDB.Database) -> (any Error)? {
        do {
            try db.inTransaction(.immediate) {
                var batch = Batch()
                for job in jobs {
                    try job.run(Connection(database: db), &batch)
                    guard db.isInsideTransaction else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                }
                try batch.flush(in: Connection(database: db))
                return .commit
            }
            return nil
        } catch {
            return error
        }
    }
}
