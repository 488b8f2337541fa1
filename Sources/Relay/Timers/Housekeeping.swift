import Logging
import ServiceLifecycle

/// Deletes what was kept long enough, empties the write-ahead log of what was destroyed, and marks how far the database has come
/// [R22]. Only after ``Escalations`` has
/// looked: a page is told to who is called before any housekeeping is done.
struct Housekeeping: Service {
    let relay: RelayCore
    /// Something comes after each look of ``Escalations``: at least every half a minute, and after each closing.
    let passes: AsyncStream<Void>
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in passes { await deleteOutdated() }
        }
    }

    private func deleteOutdated() async {
        do {
            while try await relay.store.deleteOutdated(at: relay.clock.now), !Task.isCancelled {}
            try await relay.generation.keepUp(with: relay.store)
        } catch {
            logger.report("housekeeping failed, trying again", error)
        }
    }
}

extension Housekeeping: CustomStringConvertible {
    // Service loggers print services: never what they hold.
    var description: String { "Housekeeping" }
}
