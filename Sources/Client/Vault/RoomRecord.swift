import CallList
import Foundation
import GRDB
import Incident
import MLS
import RelayAPI
import Sodium

/// A room as the vault keeps it.
struct RoomRecord: Sendable {
    let room: RoomID
    let kind: RoomKind
    /// The last entry that was processed.
    var cursor: UInt64
    var readCursor: UInt64
    /// Nothing can be written any more.
    var closed: Bool
    /// Why nothing is sent to it any more; nil where all is well.
    var quarantined: String?
    /// The relay's chain at `cursor`.
    var relayChain: [UInt8]
    /// What repeats of an alert find it by, for the sensor that made it.
    let deduplication: [UInt8]?
    /// Nil once the room is closed or this device was removed: the secrets are gone.
    var group: Group?
}

/// Something that was said in a room, verified, as the vault keeps it.
struct StoredFact: Codable, Sendable {
    enum Kind: String, Codable, Sendable { case event, ack, unack, release }
    let kind: Kind
    let author: DeviceID?
    let time: RelayTime
    var event: Event?
    var step: Int?
    var manual: Bool?
    /// What proves it to others: an AuthenticatedContent (RFC 9420 §6), or a signed statement.
    var evidence: Data?

    func logFact(seq: UInt64) -> LogFact? {
        let what: LogFact.What
        switch kind {
        case .event:
            guard let event else { return nil }
            what = .event(event)
        case .ack: what = .acknowledged
        case .unack: what = .unacknowledged
        case .release: what = .released(step: step ?? 0, manual: manual ?? false)
        }
        return LogFact(seq: seq, time: time, author: author, what: what)
    }
}

extension Vault {
    func record(_ room: RoomID, in db: Database) throws -> RoomRecord? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM rooms WHERE room = ?", arguments: [Data(room.bytes)])
        else { return nil }
        return try record(row)
    }

    func records(in db: Database) throws -> [RoomRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM rooms ORDER BY rowid").map { try record($0) }
    }

    private func record(_ row: Row) throws -> RoomRecord {
        let bytes: Data = row["room"]
        let kindNumber: Int = row["kind"]
        guard let room = RoomID([UInt8](bytes)), let kind = RoomKind(rawValue: UInt8(truncatingIfNeeded: kindNumber))
        else { throw Self.damaged }
        let cursor: Int64 = row["cursor"]
        let readCursor: Int64 = row["read_cursor"]
        let sealed: Data? = row["sealed_group"]
        let chain: Data = row["relay_chain"]
        let deduplication: Data? = row["deduplication"]
        return RoomRecord(
            room: room, kind: kind, cursor: UInt64(cursor), readCursor: UInt64(readCursor), closed: row["closed"],
            quarantined: row["quarantined"], relayChain: [UInt8](chain),
            deduplication: deduplication.map { [UInt8]($0) },
            group: try sealed.map { try Group(serialized: openSecret($0, place: "rooms/\(room)")) })
    }

    func insert(_ record: RoomRecord, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO rooms (room, kind, cursor, read_cursor, closed, quarantined, relay_chain, deduplication,
                    sealed_group) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(record.room.bytes), Int(record.kind.rawValue), Int64(record.cursor), Int64(record.readCursor),
                record.closed, record.quarantined, Data(record.relayChain), record.deduplication.map { Data($0) },
                try sealed(record),
            ])
    }

    func update(_ record: RoomRecord, in db: Database) throws {
        try db.execute(
            sql: """
                UPDATE rooms SET cursor = ?, read_cursor = ?, closed = ?, quarantined = ?, relay_chain = ?,
                    sealed_group = ? WHERE room = ?
                """,
            arguments: [
                Int64(record.cursor), Int64(record.readCursor), record.closed, record.quarantined,
                Data(record.relayChain), try sealed(record), Data(record.room.bytes),
            ])
    }

    private func sealed(_ record: RoomRecord) throws -> Data? {
        try record.group.map { try sealSecret($0.serialized(), place: "rooms/\(record.room)") }
    }

    func quarantineAll(_ reason: String, in db: Database) throws {
        try db.execute(sql: "UPDATE rooms SET quarantined = ? WHERE quarantined IS NULL", arguments: [reason])
    }

    // MARK: Log

    func append(_ fact: StoredFact?, room: RoomID, seq: UInt64, chain: [UInt8], in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO log (room, seq, chain, sealed_fact) VALUES (?, ?, ?, ?)",
            arguments: [
                Data(room.bytes), Int64(seq), Data(chain),
                try fact.map { try sealJSON($0, place: "log/\(room)/\(seq)") },
            ])
    }

    /// The epoch chain at an entry; nil where this device did not see it.
    func chain(of room: RoomID, at seq: UInt64, in db: Database) throws -> [UInt8]? {
        guard let seq = Int64(exactly: seq) else { return nil }
        return try Data.fetchOne(
            db, sql: "SELECT chain FROM log WHERE room = ? AND seq = ?", arguments: [Data(room.bytes), seq]
        ).map { [UInt8]($0) }
    }

    func facts(of room: RoomID, in db: Database) throws -> [LogFact] {
        try Row.fetchAll(
            db, sql: "SELECT seq, sealed_fact FROM log WHERE room = ? AND sealed_fact IS NOT NULL ORDER BY seq",
            arguments: [Data(room.bytes)]
        ).compactMap { row in
            let seq: Int64 = row["seq"]
            let fact = try openJSON(StoredFact.self, row["sealed_fact"], place: "log/\(room)/\(seq)")
            return fact.logFact(seq: UInt64(seq))
        }
    }

    /// What came into any room after the log's row `id`, in the order this device learned it.
    func facts(afterRow id: Int64) throws -> (facts: [(RoomID, LogFact)], last: Int64) {
        try read { db in
            var last = id
            var facts: [(RoomID, LogFact)] = []
            let rows = try Row.fetchAll(
                db, sql: "SELECT id, room, seq, sealed_fact FROM log WHERE id > ? ORDER BY id", arguments: [id])
            for row in rows {
                last = row["id"]
                let bytes: Data = row["room"]
                let seq: Int64 = row["seq"]
                let sealed: Data? = row["sealed_fact"]
                guard let room = RoomID([UInt8](bytes)), let sealed else { continue }
                let fact = try openJSON(StoredFact.self, sealed, place: "log/\(room)/\(seq)")
                if let shown = fact.logFact(seq: UInt64(seq)) { facts.append((room, shown)) }
            }
            return (facts, last)
        }
    }

    func lastLogRow() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT coalesce(max(id), 0) FROM log") ?? 0 }
    }

    // MARK: What I sent

    func remember(
        sent payload: [UInt8], event: EventID, fact: StoredFact?, room: RoomID, in db: Database
    ) throws {
        let hash = Data(SHA256.hash(payload))
        try db.execute(
            sql: "INSERT OR REPLACE INTO sent (room, payload_hash, event, sealed_fact) VALUES (?, ?, ?, ?)",
            arguments: [
                Data(room.bytes), hash, Data(event.bytes),
                try fact.map { try sealJSON($0, place: "sent/\(room)/\(Hexadecimal.encode(hash))") },
            ])
    }

    /// - Returns: nil where this device never sent that; else what it said, if anything.
    func sent(_ payload: [UInt8], room: RoomID, in db: Database) throws -> StoredFact?? {
        let hash = Data(SHA256.hash(payload))
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT sealed_fact FROM sent WHERE room = ? AND payload_hash = ?",
                arguments: [Data(room.bytes), hash])
        else { return nil }
        let sealed: Data? = row["sealed_fact"]
        return .some(
            try sealed.map { try openJSON(StoredFact.self, $0, place: "sent/\(room)/\(Hexadecimal.encode(hash))") })
    }
}
