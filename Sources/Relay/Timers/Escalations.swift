import Escalation
import Foundation
import Logging
import RelayAPI
import ServiceLifecycle
import Terms

/// Fires durable timers when they are due: at the latest a moment after a start, so that what fell due while the relay was
/// down is made good. Nothing here is remembered; the database is.
struct Escalations: Service {
    let relay: RelayCore
    /// Told when a write may have brought the next time forward.
    let wakeUps: AsyncStream<Void>
    let wake: AsyncStream<Void>.Continuation
    /// Told after each look: what was due is released, and told to who is called.
    let passed: AsyncStream<Void>.Continuation
    let logger: Logger
    /// A look at least this often, whatever was or was not woken; and what is kept of the time is no older.
    static let longestSleep = Duration.seconds(10)
    /// What is due but could not be done (a full disk, say) is tried again after this.
    static let retryPause = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var wakeUps = self.wakeUps.makeAsyncIterator()
            while !Task.isCancelled {
                let pause = await fire()
                passed.yield()
                await sleep(for: pause, or: &wakeUps)
            }
        }
    }

    /// - Returns: how long nothing will be due.
    private func fire() async -> Duration {
        do {
            try await relay.store.keep(relay.clock.tick)
        } catch {
            logger.report("the time could not be kept, trying again", error)
        }
        do {
            for failure in try await relay.store.fireDue(at: relay.clock.now, under: relay.directory.list) {
                logger.report("a room's timer failed, trying again", failure)
            }
            guard let due = try await relay.store.nextDue() else { return Self.longestSleep }
            let now = relay.clock.now.passed.most
            // Still due: it failed just now.
            guard due > now else { return Self.retryPause }
            return min(Self.longestSleep, .milliseconds(due.milliseconds - now.milliseconds))
        } catch {
            logger.report("escalation timers failed, trying again", error)
            return Self.retryPause
        }
    }

    /// The sleeper wakes the one iterator there is: cancelling an iterator would end the stream for good.
    private func sleep(for duration: Duration, or wakeUps: inout AsyncStream<Void>.Iterator) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard (try? await Task.sleep(for: duration)) != nil else { return }
                wake.yield()
            }
            _ = await wakeUps.next()
            group.cancelAll()
        }
    }
}

extension Logger {
    /// Names a failure by its code only: what it carries may be anything. The end of the relay is none: what it interrupts is
    /// done at the next start.
    func report(_ message: Message, _ failure: any Error) {
        guard !(failure is CancellationError), !Task.isCancelled else { return }
        error(message, metadata: ["error": "\((failure as? Problem)?.code.rawValue ?? "\(type(of: failure))")"])
    }
}

extension Escalations: CustomStringConvertible {
    // Service loggers print services: never what they hold.
    var description: String { "Escalations" }
}
