import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RelayAPI
public import Terms

/// What `watch` tells.
public enum WatchEvent: Sendable {
    case connected
    /// It tries again by itself.
    case disconnected(reason: String)
    case fact(RoomSummary, ShownFact)
    case alarm(String)
    /// This device was taken off the call list; the stream ends.
    case revoked(reason: String)
    /// It cannot go on, however often it tries: no call list yet, or a damaged vault; the stream ends.
    case failed(ClientError)
}

extension Client {
    /// Catches up and then follows the relay's stream for as long as the sequence is read; reconnects by itself.
    /// - Parameter all: also tells what was known before.
    public func watch(all: Bool = false) -> AsyncStream<WatchEvent> {
        AsyncStream { continuation in
            let task = Task {
                var told = Told(row: all ? 0 : (try? self.vault.lastLogRow()) ?? 0, alarm: 0)
                var failures = 0
                while !Task.isCancelled {
                    do {
                        try await self.follow(&told, to: continuation) { failures = 0 }
                    } catch let error as ClientError where error.code == .revoked {
                        try? self.tell(&told, to: continuation)
                        continuation.yield(.revoked(reason: error.reason))
                        break
                    } catch let error as ClientError where error.endsWatching {
                        continuation.yield(.failed(error))
                        break
                    } catch is CancellationError {
                        break
                    } catch {
                        try? self.tell(&told, to: continuation)
                        continuation.yield(.disconnected(reason: "\(error)"))
                    }
                    failures += 1
                    // 0.25 s, doubled up to 30 s.
                    try? await Task.sleep(for: .milliseconds(min(250 << min(failures - 1, 7), 30_000)))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Up to where this watch has told: other processes of the same profile may take entries in, too.
    private struct Told: Sendable {
        var row: Int64
        var alarm: Int64
    }

    private func follow(
        _ told: inout Told, to continuation: AsyncStream<WatchEvent>.Continuation, works: () -> Void
    ) async throws {
        try await relaying {
            let response = try await self.relay().open(.GET, "/v1/stream", timeout: nil)
            continuation.yield(.connected)
            try await self.sync()
            try self.tell(&told, to: continuation)
            // Not before: what goes wrong each time after connecting must not be tried at full speed for ever.
            works()
            var parser = EventStreamParser()
            for try await buffer in response.body {
                for message in try parser.feed(buffer.readableBytesView) { try await self.handle(message) }
                try self.tell(&told, to: continuation)
            }
            throw ClientError(.relayUnreachable, "the relay closed the stream")
        }
    }

    private func handle(_ message: StreamMessage) async throws {
        switch message {
        case .heads(let heads):
            try await catchUp(with: heads)
            _ = try await flush()
            // Each Welcome used one up.
            if heads.pendingWelcomes > 0 { try await uploadKeyPackages() }
        case .entry(let room, let entry):
            guard let cursor = try record(of: room)?.cursor, entry.seq > cursor else {
                return
            }
            if entry.seq - 1 == cursor {
                _ = try await take(entry, into: room)
            } else {
                try await pull(room)
            }
            if let reached = try record(of: room)?.cursor {
                try await relay().update(CursorUpdate(cursors: [CursorUpdate.Item(room: room, seq: reached)]))
            }
        }
    }

    private func tell(_ told: inout Told, to continuation: AsyncStream<WatchEvent>.Continuation) throws {
        let alarms = try vault.alarms(after: told.alarm)
        told.alarm = alarms.last
        for alarm in alarms.texts { continuation.yield(.alarm(alarm)) }
        let news = try vault.facts(afterRow: told.row)
        told.row = news.last
        guard !news.facts.isEmpty else { return }
        let summaries = Dictionary(try rooms().map { ($0.id, $0) }) { first, _ in first }
        for (room, fact) in news.facts {
            guard let summary = summaries[room] else { continue }
            continuation.yield(.fact(summary, shown(fact, in: room)))
        }
    }
}

extension ClientError {
    fileprivate var endsWatching: Bool { code == .notEnrolled || code == .vaultDamaged }
}
