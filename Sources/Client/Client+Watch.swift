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
                var told = Told(row: all ? 0 : (try? self.vault.read({ try $0.lastLogRow() })) ?? 0, alarm: 0)
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
            guard let cursor = try cursor(of: room), entry.seq > cursor else {
                return
            }
            if entry.seq - 1 == cursor {
                _ = try await take(entry, into: room)
            } else {
                try await pull(room)
            }
            if let reached = try self.cursor(of: room) {
                try await relay().update(CursorUpdate(cursors: [CursorUpdate.Item(room: room, seq: reached)]))
            }
        }
    }

    private func tell(_ told: inout Told, to continuation: AsyncStream<WatchEvent>.Continuation) throws {
        // All that may fail comes before anything is told: what was told once is not told again.
        let (alarms, news, heads) = try vault.read { db in
            let news = try db.facts(afterRow: told.row)
            let rooms = Set(news.facts.map(\.room))
            let heads = try rooms.compactMap { try db.head($0) }
            return (
                try db.alarms(after: told.alarm), news, Dictionary(uniqueKeysWithValues: heads.map { ($0.room, $0) })
            )
        }
        for alarm in alarms.texts { continuation.yield(.alarm(alarm)) }
        for (room, fact) in news.facts {
            guard let head = heads[room] else { continue }
            continuation.yield(.fact(summary(head), shown(fact, in: room)))
        }
        told = Told(row: news.last, alarm: alarms.last)
    }
}

extension ClientError {
    fileprivate var endsWatching: Bool { code == .notEnrolled || code == .vaultDamaged }
}
