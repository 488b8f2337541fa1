import CallList
import Foundation
import GRDB
import MLS
import RelayAPI

/// What a synchronisation did.
public struct SyncReport: Sendable, Hashable {
    /// Things said that were not known here before.
    public let newFacts: Int
    /// What still waits to be sent.
    public let queued: Int
    /// All that a person must hear of, oldest first.
    public let alarms: [String]
}

extension Client {
    /// How many entries one request fetches.
    static let pageSize = 200

    /// Catches up with the relay, then sends what waits.
    /// - Throws: `relayUnreachable`, `pinMismatch`, `revoked`, `notEnrolled`.
    @discardableResult
    public func sync() async throws -> SyncReport {
        let before = try vault.lastLogRow()
        try await catchUp()
        try await flush()
        _ = try await uploadKeyPackages()
        return SyncReport(
            newFacts: try vault.facts(afterRow: before).facts.count, queued: try vault.queuedCount(),
            alarms: try vault.alarms().texts)
    }

    /// Call lists first, then Welcomes, then the rooms' logs.
    func catchUp() async throws {
        try await relaying {
            try await self.catchUp(with: try await self.relay().heads())
        }
    }

    func catchUp(with heads: Heads) async throws {
        try await fetchCallLists(upTo: heads.callListVersion)
        if let newest = lists.newest?.list, newest.version > heads.callListVersion {
            // Not wrong by itself: an officer may have handed the list over before publishing it.
            try raise("the relay has call list \(heads.callListVersion), older than this device's \(newest.version)")
        }
        guard try newest().list.device(device) != nil else { throw Self.revoked(try newest().list.version) }
        if heads.pendingWelcomes > 0 { try await join() }
        var cursors: [CursorUpdate.Item] = []
        for head in heads.rooms {
            guard let cursor = try cursor(of: head.room), cursor < head.head || head.closed else { continue }
            let reached = try await pull(head.room)
            if reached > cursor { cursors.append(CursorUpdate.Item(room: head.room, seq: reached)) }
        }
        if !cursors.isEmpty { try await relay().update(CursorUpdate(cursors: cursors)) }
    }

    private func cursor(of room: RoomID) throws -> UInt64? {
        try vault.read { try vault.record(room, in: $0)?.cursor }
    }

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
                if page.closed, reached >= page.head { try close(room) }
                return reached
            }
        }
        return 0
    }

    /// Takes in one entry, fetching the call list that it is judged under where that is missing [R1].
    /// - Returns: false where it has to wait.
    func take(_ entry: Entry, into room: RoomID) async throws -> Bool {
        do {
            try reader.take(entry, into: room)
            return true
        } catch let missing as MissingCallList {
            try await fetchCallLists(upTo: missing.pin.version)
        }
        do {
            try reader.take(entry, into: room)
            return true
        } catch let missing as MissingCallList {
            try raise("room \(room.short) waits for call list \(missing.pin.version), which the relay does not have")
            return false
        }
    }

    /// A room that the relay closed: nothing comes any more, so its secrets go [R12].
    private func close(_ room: RoomID) throws {
        try vault.write { db in
            guard var record = try vault.record(room, in: db), !record.closed else { return }
            record.closed = true
            record.group = nil
            try vault.update(record, in: db)
        }
        vault.truncateLog()
    }

    // MARK: Joining

    /// Joins what this device was invited to.
    func join() async throws {
        for welcome in try await relay().welcomes() {
            do {
                try join(welcome)
            } catch let missing as MissingCallList {
                try await fetchCallLists(upTo: missing.pin.version)
                do {
                    try join(welcome)
                } catch let missing as MissingCallList {
                    try raise("room \(welcome.room.short) waits for call list \(missing.pin.version)")
                }
            }
            _ = try await pull(welcome.room)
            if let cursor = try cursor(of: welcome.room) {
                try await relay().update(CursorUpdate(cursors: [CursorUpdate.Item(room: welcome.room, seq: cursor)]))
            }
        }
    }

    private func join(_ welcome: PendingWelcome) throws {
        do {
            try vault.write { db in
                guard try vault.record(welcome.room, in: db) == nil else { return }
                var used: [UInt8]?
                let judge = RoomJudge(room: welcome.room, lists: lists, time: welcome.time.date, occasion: .joining)
                let group = try Group.join(
                    welcome: welcome.welcome,
                    bundle: { reference in
                        let bundle = try vault.keyPackage(reference, in: db)
                        if bundle != nil { used = reference }
                        return bundle
                    }, judge: judge)
                let policy = try RoomPolicy(in: group.context.extensions)
                guard group.id == welcome.room.bytes, policy.kind == welcome.kind else {
                    throw Rejection("it is for another room than the relay says")
                }
                if let used { try vault.deleteUsed(keyPackage: used, in: db) }
                try vault.insert(
                    RoomRecord(
                        room: welcome.room, kind: welcome.kind, cursor: welcome.seq, readCursor: welcome.seq,
                        closed: false, quarantined: nil, relayChain: welcome.chain, deduplication: nil, group: group),
                    in: db)
                try vault.append(
                    nil, room: welcome.room, seq: welcome.seq, chain: LogReader.start(welcome.room, group: group),
                    in: db)
            }
        } catch let error as MLSError {
            try raise("an invitation to room \(welcome.room.short) cannot be used: \(error.reason)")
        } catch let rejection as Rejection {
            try raise("an invitation to room \(welcome.room.short) was refused: \(rejection)")
        }
    }
}
