import Foundation
import GRDB
import RelayAPI
import Synchronization

/// Groups concurrent writes into one transaction: one fsync for many, a savepoint each, so that one bad write fails alone.
/// Answers go out after the commit, so what was answered is durable.
final class GroupCommitWriter: Sendable {
    /// Writes in one transaction.
    static let batch = 256

    private struct Job: Sendable {
        let run: @Sendable (Database) -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queue {
        var jobs: [Job] = []
        var isDraining = false
    }

    private let pool: DatabasePool
    private let queue = Mutex(Queue())

    init(pool: DatabasePool) { self.pool = pool }

    /// Runs `change` in a transaction that it may share with others.
    /// - Throws: what `change` throws, after undoing just what it did; `storageFull` or `internalError` where the commit
    ///   itself fails, and nothing of it is stored.
    func write<T: Sendable>(_ change: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex<Result<T, any Error>?>(nil)
            let job = Job(
                run: { db in
                    outcome.withLock { $0 = Self.inSavepoint(db, change) }
                },
                finish: { failure in
                    let result = outcome.withLock { $0 } ?? .failure(Problem.internalError)
                    continuation.resume(
                        with: failure.map { .failure(Self.problem($0)) } ?? result.mapError(Self.problem))
                })
            let starts = queue.withLock { queue in
                queue.jobs.append(job)
                defer { queue.isDraining = true }
                return !queue.isDraining
            }
            if starts { drain() }
        }
    }

    private static func inSavepoint<T>(_ db: Database, _ change: (Database) throws -> T) -> Result<T, any Error> {
        Result {
            var result: T?
            try db.inSavepoint {
                result = try change(db)
                return .commit
            }
            guard let result else { throw Problem.internalError }
            return result
        }
    }

    /// Takes batch after batch on the database's writer queue until none is left.
    private func drain() {
        pool.asyncWriteWithoutTransaction { [self] db in
            while true {
                let jobs = queue.withLock { queue in
                    let jobs = Array(queue.jobs.prefix(Self.batch))
                    queue.jobs.removeFirst(jobs.count)
                    if jobs.isEmpty { queue.isDraining = false }
                    return jobs
                }
                if jobs.isEmpty { return }
                var failure: (any Error)?
                do {
                    try db.inTransaction(.immediate) {
                        for job in jobs { job.run(db) }
                        return .commit
                    }
                } catch {
                    failure = error
                }
                for job in jobs { job.finish(failure) }
            }
        }
    }

    /// A storage failure in the relay's own terms; refusals pass.
    static func problem(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR: return Problem.storageFull
        default: return Problem.internalError
        }
    }
}
