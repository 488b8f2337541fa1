import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// What a synchronisation did.
public struct SyncReport: Sendable, Hashable {
    /// Things said that were not known here before.
    public let newFacts: Int
    /// What still waits to be sent.
    public let queued: Int
    /// What a person must hear of and was not known before, oldest first; ``ClientStatus`` has all.
    public let alarms: [String]
}

extension Client {
    /// How many entries one request fetches.
    static let pageSize = 200
    /// How many cursors one request reports: the relay takes 256 KiB.
    private static let cursorsAtOnce = 1_000

    /// Catches up with the relay, then sends what waits.
    /// - Throws: `relayUnreachable`, `relayUnavailable`, `pinMismatch`, `revoked`, `notEnrolled`.
    @discardableResult
    public func sync() async throws -> SyncReport {
        let before = try vault.read({ try $0.lastLogRow() })
        let lastAlarm = try vault.read({ try $0.alarms() }).last
        // Whatever changed: no page of the write-ahead log keeps what was overwritten.
        defer { vault.truncateLog() }
        try await catchUp()
        try await flush()
        try wipePagesThatAreOver()
        _ = try await uploadKeyPackages()
        try vault.write({ try $0.deleteExpiredKeyPackages(before: now().addingTimeInterval(-Self.longestStaging)) })
        try vault.write({ try $0.deleteReplacedKeyPackages(before: now().addingTimeInterval(-Self.lastResortGrace)) })
        return SyncReport(
            newFacts: try vault.read({ try $0.facts(afterRow: before) }).facts.count,
            queued: try vault.read({ try $0.queuedCount() }),
            alarms: try vault.read({ try $0.alarms(after: lastAlarm) }).texts)
    }

    /// Call lists first, then Welcomes, then the rooms' logs.
    func catchUp() async throws {
        try await relaying {
            try self.refreshCallLists()
            guard try self.newest().list.device(self.device) != nil else {
                throw Self.revoked(try self.newest().list.version)
            }
            try await self.catchUp(with: try await self.heads())
        }
    }

    /// A relay that is behind may not know this device yet: it gets the lists that it lacks.
    private func heads() async throws -> Heads {
        let relay = try relay()
        do {
            return try await relay.heads()
        } catch let problem as Problem {
            guard problem.code == .deviceUnknown, let newest = lists.newest?.list.version else { throw problem }
            let version = try await relay.info().callListVersion
            guard version < newest, (try? await offerCallLists(after: version, to: relay)) == true else {
                throw problem
            }
            return try await relay.heads()
        }
    }

    func catchUp(with heads: Heads) async throws {
        try await fetchCallLists(upTo: heads.callListVersion)
        let newest = try newest().list
        if newest.version > heads.callListVersion {
            // Not wrong by itself: an officer may have handed the list over before publishing it.
            try await offerCallListsQuietly(after: heads.callListVersion)
        }
        guard newest.device(device) != nil else { throw Self.revoked(newest.version) }
        if heads.pendingWelcomes > 0 { try await join() }
        var cursors: [CursorUpdate.Item] = []
        for head in heads.rooms {
            guard let known = try self.head(of: head.room) else { continue }
            guard known.cursor < head.head || (head.closed && !known.closed) else {
                // Said again once it is closed, so that the relay tells of it no more.
                if head.closed { cursors.append(CursorUpdate.Item(room: head.room, seq: known.cursor)) }
                continue
            }
            do {
                let reached = try await pull(head.room)
                if reached > known.cursor || head.closed {
                    cursors.append(CursorUpdate.Item(room: head.room, seq: reached))
                }
            } catch let problem as Problem where problem.code == .notMember || problem.code == .roomUnknown {
                // Removed or deleted in between: the other rooms go on.
                continue
            }
        }
        try await report(cursors)
    }

    private func report(_ cursors: [CursorUpdate.Item]) async throws {
        var rest = cursors[...]
        while !rest.isEmpty {
            try await relay().update(CursorUpdate(cursors: Array(rest.prefix(Self.cursorsAtOnce))))
            rest = rest.dropFirst(Self.cursorsAtOnce)
        }
    }

    func record(of room: RoomID) throws -> RoomRecord? { try vault.read { try $0.record(room) } }

    func head(of room: RoomID) throws -> RoomHead? { try vault.read { try $0.head(room) } }

    func cursor(of room: RoomID) throws -> UInt64? { try head(of: room)?.cursor }

    // MARK: Reading the log

    /// Takes in a room's entries up to its head.
    /// - Returns: the last entry that was processed.
    @discardableResult
    func pull(_ room: RoomID) async throws -> UInt64 {
        while let cursor = try cursor(of: room) {
            let page = try await relay().entries(of: room, after: cursor, limit: Self.pageSize)
            for entry in page.entries {
                guard try await take(entry, into: room) else { return try self.cursor(of: room) ?? cursor }
            }
            let reached = try self.cursor(of: room) ?? cursor
            guard reached > cursor, reached < page.head else {
                if page.closed, reached >= page.head { try heardClosed(room) }
                return reached
            }
        }
        return 0
    }

    /// Takes in one entry, fetching the call list that it is judged under where that is missing [R1].
    /// - Returns: false where it has to wait.
    func take(_ entry: Entry, into room: RoomID) async throws -> Bool {
        do {
            try await note(reader.take(entry, into: room), entry, room)
            return true
        } catch let missing as MissingCallList {
            try await fetchCallLists(upTo: missing.pin.version)
        }
        do {
            try await note(reader.take(entry, into: room), entry, room)
            return true
        } catch let missing as MissingCallList {
            try raise("room \(room.short) waits for call list \(missing.pin.version), which the relay does not have")
            return false
        }
    }

    /// An author who knows a newer call list than the relay hands out: the relay may be holding it back.
    private func note(_ taken: LogReader.Taken, _ entry: Entry, _ room: RoomID) async throws {
        guard let version = taken.unknownCallList else { return }
        try await fetchCallLists(upTo: try await relay().info().callListVersion)
        guard let newest = lists.newest?.list.version, newest < version else { return }
        try raise(
            "device \(entry.poster.short) knows call list \(version); the relay hands out no newer than \(newest)")
    }

    /// After a write that the relay accepted: what came before it is taken in now, or else with the next catch-up.
    func pullQuietly(_ room: RoomID) async throws {
        do {
            try await relaying { _ = try await self.pull(room) }
        } catch let error as ClientError {
            guard error.code != .vaultDamaged, error.code != .ioFailure else { throw error }
        }
    }

    // MARK: The end of a page

    /// The relay says that a room is closed, and nothing verified does. It may be lying, so nothing is given up: only a
    /// page whose time is over is wiped [R12].
    private func heardClosed(_ room: RoomID) throws {
        try wipePagesThatAreOver()
        guard let head = try head(of: room), !head.closed else { return }
        try raise("the relay says that room \(room.short) is closed, and nobody in it closed it")
    }

    /// Pages end at their horizon also where the relay never says so [R12].
    private func wipePagesThatAreOver() throws {
        guard try vault.read({ try !$0.pagesOver(at: now()).isEmpty }) else { return }
        try vault.write { db in
            for page in try db.pagesOver(at: now()) {
                guard var record = try db.record(page) else { continue }
                record.head.closed = true
                record.group = nil
                try db.update(record)
                try db.deletePendingCommit(of: page)
            }
        }
        vault.truncateLog()
    }
}
