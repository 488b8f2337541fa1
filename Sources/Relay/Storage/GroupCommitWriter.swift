import Foundation
import GRDB
import Logging
import RelayAPI
import Synchronization

/// Groups concurrent writes into one transaction: one fsync for many, a savepoint each, so that one bad write fails alone.
/// Answers go out after the commit, so what was answered is durable.
final class GroupCommitWriter: Sendable {
    private struct Job: Sendable {
        let run: @Sendable (Database) -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queues {
        var waiting = WriteQueues<Job>()
        var isDraining = false
    }

    private let pool: DatabasePool
    private let logger: Logger
    private let queues = Mutex(Queues())

    init(pool: DatabasePool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// Runs `change` in a transaction that it may share with others. It may run twice, where the shared transaction failed
    /// and each write gets one of its own; only what the last run did counts.
    /// - Throws: what `change` throws, after undoing just what it did; `storageFull` or `internalError` where the commit
    ///   itself fails, and nothing of it is stored; `unavailable` where too many wait.
    func write<T: Sendable>(
        _ lane: WriteLane, _ change: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex<Result<T, any Error>>(.failure(Problem.internalError))
            let job = Job(
                run: { db in outcome.withLock { $0 = Self.inSavepoint(db, change) } },
                finish: { [self] failure in
                    let result = outcome.withLock { $0 }.flatMap { value -> Result<T, any Error> in
                        failure.map { .failure($0) } ?? .success(value)
                    }
                    continuation.resume(with: result.mapError(problem))
                })
            let (isTaken, starts) = queues.withLock { queues in
                guard queues.waiting.add(job, to: lane) else { return (false, false) }
                defer { queues.isDraining = true }
                return (true, !queues.isDraining)
            }
            guard isTaken else { return continuation.resume(throwing: Problem.overloaded) }
            if starts { drain() }
        }
    }

    private static func inSavepoint<T>(_ db: Database, _ change: (Database) throws -> T) -> Result<T, any Error> {
        Result {
            try db.run("SAVEPOINT job")
            do {
                let result = try change(db)
                try db.run("RELEASE job")
                return result
            } catch {
                // Fails where SQLite rolled the whole transaction back by itself: `commit` sees that.
                try? db.run("ROLLBACK TO job")
                try? db.run("RELEASE job")
                throw error
            }
        }
    }

    /// Takes batch after batch on the database's writer queue until none is left.
    private func drain() {
        pool.asyncWriteWithoutTransaction { [self] db in
            while true {
                let jobs = queues.withLock { queues in
                    let jobs = queues.waiting.takeBatch()
                    if jobs.isEmpty { queues.isDraining = false }
                    return jobs
                }
                if jobs.isEmpty { return }
                guard let failure = Self.commit(jobs, in: db) else {
                    for job in jobs { job.finish(nil) }
                    continue
                }
                // One write can spoil the transaction for all (a full disk): then each stands for itself.
                for job in jobs { job.finish(jobs.count == 1 ? failure : Self.commit([job], in: db)) }
            }
        }
    }

    private static func commit(_ jobs: [Job], in db: Database) -> (any Error)? {
        do {
            try db.inTransaction(.immediate) {
                for job in jobs {
                    job.run(db)
                    guard db.isInsideTransaction else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                }
                return .commit
            }
            return nil
        } catch {
            return error
        }
    }

    /// A storage failure in the relay's own terms; refusals, and reads that nobody waits for any more, pass.
    func problem(_ error: any Error) -> any Error {
        if error is Problem || error is CancellationError { return error }
        let code = (error as? DatabaseError)?.extendedResultCode
        // Interrupted because the relay ends, or nobody waits any more.
        if code?.primaryResultCode == .SQLITE_INTERRUPT { return CancellationError() }
        // The code alone: messages may quote what was to be stored.
        logger.error("storage failed", metadata: ["code": "\(code.map { "\($0)" } ?? "\(type(of: error))")"])
        switch code?.primaryResultCode {
        case .SQLITE_FULL, .SQLITE_IOERR: return Problem.storageFull
        default: return Problem.internalError
        }
    }
}
