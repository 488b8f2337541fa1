import CallList
import Foundation
import Incident
import RelayAPI
import Terms

/// Taking in what the log has.
extension Room {
    /// How many entries one request fetches.
    static let pageSize = 200

    /// Takes in the room's entries up to its head.
    /// - Returns: the last entry that was processed.
    @discardableResult
    func pull() async throws -> UInt64 {
        while let (cursor, isOut) = try vault.read({ try $0.position(in: id).map { ($0.cursor, $0.isOut) } }) {
            guard !isOut else { return cursor }
            let page = try await link().entries(of: id, after: cursor, limit: Self.pageSize)
            for entry in page.entries {
                if try await take(entry) { continue }
                guard try await passOver(entry, before: page.head) else { return try self.cursor() ?? cursor }
            }
            let reached = try self.cursor() ?? cursor
            guard reached > cursor, reached < page.head else {
                if page.closed, reached >= page.head { try heardClosed() }
                return reached
            }
        }
        return 0
    }

    /// After a write that the relay accepted: what came before it is taken in now, or else with the next catch-up.
    func pullQuietly() async throws {
        do {
            try await own.relaying { _ = try await pull() }
        } catch let error as ClientError {
            guard error.code != .vaultDamaged, error.code != .ioFailure else { throw error }
        }
    }

    /// Takes in one entry, fetching the call list that it is judged under where that is missing [R1].
    /// - Returns: false where it has to wait, or nothing after it is for this device.
    func take(_ entry: Entry) async throws -> Bool {
        do {
            return try await note(reader.take(entry, into: id), entry)
        } catch let missing as MissingCallList {
            try await trust.fetch(upTo: missing.pin.version, from: link())
        }
        do {
            return try await note(reader.take(entry, into: id), entry)
        } catch let missing as MissingCallList {
            let members = try vault.read { try $0.record(id)?.group?.devices } ?? []
            try own.raise(
                .waitsForCallList, room: id, by: members.contains(entry.poster) ? .device(entry.poster) : nil,
                "entry \(entry.seq) is pinned to call list \(missing.pin.version)")
            return false
        }
    }

    /// A commit that waits for a call list holds the room up only as long as it may be the epoch's first valid one [R3]. Where
    /// another of the same epoch is valid, its author has read this one, found it invalid, and gone on.
    /// - Returns: whether it was passed over.
    private func passOver(_ waiting: Entry, before head: UInt64) async throws -> Bool {
        guard waiting.entryClass == .commit, let cursor = try cursor(), cursor < waiting.seq else { return false }
        var seq = waiting.seq
        while seq < head {
            let entries = try await link().entries(of: id, after: seq, limit: Self.pageSize).entries
            guard let last = entries.last, last.seq > seq else { return false }
            if try entries.contains(where: { try $0.poster != waiting.poster && reader.isValidNext($0, in: id) }) {
                try reader.passOver(waiting, into: id)
                return true
            }
            seq = last.seq
        }
        return false
    }

    /// An author who knows a newer call list than the relay hands out: the relay may be holding it back.
    /// - Returns: whether to read on.
    private func note(_ taken: LogReader.Taken, _ entry: Entry) async throws -> Bool {
        guard let version = taken.unknownCallList else { return !taken.isOut }
        let link = try link()
        try await trust.fetch(upTo: try await link.info().callListVersion, from: link)
        guard let newest = own.lists.newest?.list.version, newest < version else { return true }
        try own.raise(
            .callListHeldBack, room: id, by: .relay(link.endpoint.id),
            "device \(entry.poster) knows \(version); the relay hands out no newer than \(newest)")
        return true
    }

    // MARK: The end

    /// The relay says that the room is closed, and nothing that it signed does. It may be lying, so nothing is given up
    /// [R12].
    private func heardClosed() throws {
        guard let head = try head(), !head.closed else { return }
        try own.raise(
            .saidClosed, room: id, by: head.summary.homeRelay.map { .relay($0) }, "its log ends at entry \(head.cursor)"
        )
    }
}

extension OwnDevice {
    /// Pages are wiped a day after their end also where the relay never says that they are gone [R12]. No clock destroys
    /// anything by itself [R18]: this device's and the relay's must both have got there.
    func wipePagesThatAreOver(byRelay time: Timestamp) throws {
        let time = min(time, self.time)
        guard try vault.read({ try !$0.pagesOver(at: time).isEmpty }) else { return }
        try vault.write { db in
            for page in try db.pagesOver(at: time) { try db.wipe(page) }
        }
        vault.truncateLog()
    }
}

extension VaultTransaction {
    /// A room's end: no secret outlives it [R12].
    func wipe(_ room: RoomID) throws {
        guard var record = try record(room) else { return }
        record.head.closed = true
        record.group = nil
        try update(record)
        try deleteOwnCommits(of: room)
        try forgetKeptPage(room)
        try deleteCommitOrder(of: room)
    }
}
