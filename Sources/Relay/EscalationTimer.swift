import Foundation
import Logging
import RelayAPI
import ServiceLifecycle

/// Fires durable timers when they are due: at the latest a moment after a start, so that what fell due while the relay was
/// down is made good. Nothing here is remembered; the database is.
struct EscalationTimer: Service {
    let relay: RelayCore
    /// Woken when a write may have brought the next time forward.
    let wake: AsyncStream<Void>
    let logger: Logger
    /// A look at least this often, whatever was or was not woken.
    static let longestSleep = Duration.seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await relay.fireDue()
                } catch {
                    logger.error("escalation timers failed, trying again", metadata: ["error": "\(error)"])
                }
                await pause()
            }
        }
    }

    /// Until the next time, a wake-up, or the longest sleep.
    private func pause() async {
        var duration = Self.longestSleep
        do {
            if let due = try await relay.store.nextDue() {
                let now = relay.now().milliseconds
                duration = min(duration, .milliseconds(due.milliseconds > now ? due.milliseconds - now : 0))
            }
        } catch {
            duration = .seconds(1)
        }
        let sleep = duration
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: sleep) }
            group.addTask {
                var iterator = wake.makeAsyncIterator()
                _ = await iterator.next()
            }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Keeps streams alive through what sits between relay and client, and lets both sides notice a dead connection.
struct KeepAlive: Service {
    let hub: StreamHub
    static let interval = Duration.seconds(15)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                hub.keepAlive()
            }
        }
        hub.closeAll()
    }
}
