import AsyncHTTPClient
import CallList
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
    /// A new one, or one that was found ten, a hundred… times.
    case alarm(Alarm)
    /// A new call list is in force: who was added, removed or changed [R17].
    case callList(CallListNews)
    /// This device was taken off the call list; the stream ends.
    case revoked(reason: String)
    /// It cannot go on, however often it tries: no call list yet, or a damaged vault; the stream ends.
    case failed(ClientError)
}

/// Follows a relay's stream, and tells what came into the vault, by whichever process.
struct Watch {
    let own: OwnDevice
    let tell: (WatchEvent) -> Void
    /// Up to where it has told; other processes of the same profile take entries in, too.
    private var row: Int64
    private var alarmChange: Int64 = 0
    /// By number: how many digits the count had that was told of it.
    private var alarmsTold: [Int: Int] = [:]
    /// Up to which call list it has told. It tells what comes while it runs, whoever else was told meanwhile.
    private var list: UInt64

    /// How often in a row the vault must be found damaged before nothing more is tried: what one read says may pass.
    static let damagedReads = 3

    /// - Parameter all: also tells what was known before.
    init(own: OwnDevice, all: Bool, tell: @escaping (WatchEvent) -> Void) throws {
        self.own = own
        self.tell = tell
        let (untold, last) = try own.vault.read { (try $0.untoldCallLists(), try $0.lastLogRow()) }
        list = untold.first.map { $0 - 1 } ?? own.lists.newest?.list.version ?? 0
        row = all ? 0 : last
    }

    /// Until it is cancelled, or cannot go on.
    mutating func run() async {
        let own = own
        var failures = 0
        var damaged = 0
        while !Task.isCancelled {
            do {
                try await own.noticing {
                    try await follow {
                        failures = 0
                        damaged = 0
                    }
                }
            } catch is CancellationError {
                return
            } catch {
                // What was taken in before it went wrong.
                try? tellNews()
                let error = error as? ClientError ?? ClientError(.internalError, "\(error)")
                damaged = error.code == .vaultDamaged ? damaged + 1 : 0
                switch error.code {
                case .revoked: return tell(.revoked(reason: error.reason))
                case .notEnrolled: return tell(.failed(error))
                case .vaultDamaged where damaged >= Self.damagedReads: return tell(.failed(error))
                default: tell(.disconnected(reason: error.description))
                }
            }
            failures += 1
            // 0.25 s, doubled up to 30 s.
            try? await Task.sleep(for: .milliseconds(min(250 << min(failures - 1, 7), 30_000)))
        }
    }

    /// - Parameter works: called once it is clear that connecting was worth it: what goes wrong each time after it must not
    ///   be tried at full speed for ever.
    private mutating func follow(works: () -> Void) async throws {
        let link = try own.links.forNewRooms()
        let response = try await own.relaying { try await link.open(.GET, "/v1/stream", timeout: nil) }
        tell(.connected)
        try await own.catchUp()
        // People first: whatever else is to be done waits.
        try tellNews()
        try await own.keepHouse()
        try tellNews()
        works()
        try await own.heal()
        var parser = EventStreamParser()
        for try await buffer in response.body {
            for message in try parser.feed(buffer.readableBytesView) {
                try await own.relaying { try await own.takeIn(message, from: link) }
                try tellNews()
                try await own.relaying { try await own.answer(message, to: link) }
            }
            try tellNews()
            // The relay says something each quarter of a minute at least.
            try await own.decide()
            try await own.heal()
        }
        throw ClientError(.relayUnreachable, "the relay closed the stream")
    }

    private mutating func tellNews() throws {
        // All that may fail comes before anything is told: what was told once is not told again.
        let (alarms, news, heads) = try own.vault.read { db in
            let news = try db.facts(afterRow: row)
            let heads = try Set(news.facts.map(\.room)).compactMap { try db.head($0) }
            return (
                try db.alarms(changedAfter: alarmChange), news,
                Dictionary(uniqueKeysWithValues: heads.map { ($0.room, $0) })
            )
        }
        for alarm in alarms.alarms {
            let digits = String(alarm.count).count
            guard alarmsTold.updateValue(digits, forKey: alarm.number) != digits else { continue }
            tell(.alarm(alarm))
        }
        for (room, fact) in news.facts {
            guard let head = heads[room] else { continue }
            tell(.fact(own.summary(head), own.shown(fact, in: room)))
        }
        (row, alarmChange) = (news.last, alarms.last)
        // After what was said: a page waits for nothing.
        try tellCallLists()
    }

    private mutating func tellCallLists() throws {
        guard let newest = own.lists.newest?.list.version, newest > list else { return }
        let versions = (list + 1)...newest
        list = newest
        for version in versions {
            guard let changes = own.trust.changes(to: version) else { continue }
            tell(.callList(CallListNews(version: version, changes: changes)))
        }
        try own.vault.write { db in for version in versions { try db.noteTold(callList: version) } }
    }
}

extension OwnDevice {
    /// Takes in what the stream brought.
    fileprivate func takeIn(_ message: StreamMessage, from link: Link) async throws {
        switch message {
        case .heads(let heads): try await catchUp(with: heads, from: link)
        case .entry(let id, let entry):
            let room = Room(id, of: self)
            guard let cursor = try room.cursor(), entry.seq > cursor, try room.isKept(by: link) else { return }
            if entry.seq - 1 == cursor {
                _ = try await room.take(entry)
            } else {
                try await room.pull()
            }
        }
    }

    /// What the relay must know of it, and what else it is the moment for.
    fileprivate func answer(_ message: StreamMessage, to link: Link) async throws {
        switch message {
        case .heads(let heads):
            try await Outbox(own: self).flush()
            // Each Welcome used one up.
            if heads.pendingWelcomes > 0 { try await supplyKeyPackages() }
        case .entry(let id, let entry):
            guard let reached = try Room(id, of: self).cursor(), reached >= entry.seq else { return }
            try await link.update(CursorUpdate(cursors: [CursorUpdate.Item(room: id, seq: reached)]))
            // What lets the room go on is not to wait for the next turn.
            if try vault.read({ try $0.waitsFirst(for: id) }) { try await Outbox(own: self).flush() }
        }
    }
}
