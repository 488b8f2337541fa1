import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import RelayAPI
import Synchronization
import WireFormat

/// How many bytes of request bodies may be in memory at once, and how long one may take to come: otherwise whoever can
/// connect could have the relay hold whatever they send.
final class BodyBudget: Sendable {
    private let bytes: Int
    private let patience: TimeAmount
    private let used = Mutex(0)

    init(bytes: Int, seconds: Int) {
        self.bytes = bytes
        patience = .seconds(Int64(seconds))
    }

    /// Reads a request's body and holds its share of the budget as long as `use` runs.
    /// - Parameter limit: bytes that the body may have.
    /// - Throws: `requestTooLarge`, `unavailable` where there is no room, `malformedRequest` where it takes too long; what
    ///   `use` throws.
    func reading<T: Sendable>(
        _ request: Request, limit: Int, _ use: ([UInt8]) async throws -> T
    ) async throws -> T {
        // A body that does not say its length may turn out to be of any.
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? limit
        guard announced <= limit else { throw Problem.tooLarge(limit) }
        let share = max(0, announced)
        let isRoom = used.withLock { used in
            guard used + share <= bytes else { return false }
            used += share
            return true
        }
        guard isRoom else { throw Problem.overloaded }
        defer { used.withLock { $0 -= share } }
        return try await use(try await collect(request.body, limit: limit))
    }

    private func collect(_ body: RequestBody, limit: Int) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await body.bytes(limit: limit) }
            group.addTask { [patience] in
                await Self.wait(patience)
                throw Problem.bodyTimeout
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() else { throw Problem.internalError }
            return bytes
        }
    }

    /// Returns at once where the task is cancelled. An event loop forgets a timer that is cancelled; the runtime's sleep
    /// keeps it until its time comes, which under load is hundreds of thousands.
    private static func wait(_ time: TimeAmount) async {
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: time) {}
        await withTaskCancellationHandler {
            _ = try? await timer.futureResult.get()
        } onCancel: {
            timer.cancel()
        }
    }
}

extension RequestBody {
    /// The whole body.
    /// - Throws: `requestTooLarge`.
    fileprivate func bytes(limit: Int) async throws -> [UInt8] {
        do {
            return Array(buffer: try await collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(limit)
        }
    }
}
