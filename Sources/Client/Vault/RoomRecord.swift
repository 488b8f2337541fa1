import Foundation
import Incident
import MLS
import RelayAPI
import SQLite
import Sodium
import Terms

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
    /// The highest epoch that the vault has had before.
    var pastEpoch: UInt64 = 0

    /// The highest epoch that this device has had here, in whichever of its times as a member.
    var highestEpoch: UInt64 { max(pastEpoch, group?.epoch.value ?? 0) }
}

/// Something that was said in a room, verified, as the vault keeps it.
struct StoredFact: Codable, Sendable {
    enum Kind: String, Codable, Sendable { case event, ack, unack, release }
    let kind: Kind
    let author: DeviceID?
    let time: Timestamp
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
    func record(_ room: RoomID, in db: VaultTransaction) throws -> RoomRecord? {
        guard let row = try db.connection.row("SELECT * FROM rooms WHERE room = ?", [Data(room.bytes)])
        else { return nil }
        return try record(row)
    }

    func records(in db: VaultTransaction) throws -> [RoomRecord] {
        try db.connection.rows("SELECT * FROM rooms ORDER BY rowid").map { try record($0) }
    }

    private func record(_ row: Row) throws -> RoomRecord {
        let bytes = try row.data("room")
        let kindNumber = try row.unsigned("kind")
        guard let room = RoomID([UInt8](bytes)),
            let kind = UInt8(exactly: kindNumber).flatMap({ RoomKind(rawValue: $0) })
        else { throw Self.damaged }
        let sealed = try row.optional("sealed_group", Row.data)
        let chain = try row.data("relay_chain")
        let deduplication = try row.optional("deduplication", Row.data)
        return RoomRecord(
            room: room, kind: kind, cursor: try row.unsigned("cursor"), readCursor: try row.unsigned("read_cursor"),
            closed: try row.flag("closed"), quarantined: try row.optional("quarantined", Row.text),
            relayChain: [UInt8](chain),
            deduplication: deduplication.map { [UInt8]($0) },
            group: try sealed.map { try Group(serialized: openSecret($0, place: "rooms/\(room)")) },
            pastEpoch: try row.unsigned("highest_epoch"))
    }

    func insert(_ record: RoomRecord, in db: VaultTransaction) throws {
        try db.connection.run(
            """
            INSERT INTO rooms (room, kind, cursor, read_cursor, closed, quarantined, relay_chain, deduplication,
                sealed_group, highest_epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Data(record.room.bytes), Int(record.kind.rawValue), try record.cursor.stored(),
                try record.readCursor.stored(),
                record.closed, record.quarantined, Data(record.relayChain), record.deduplication.map { Data($0) },
                try sealed(record), try record.highestEpoch.stored(),
            ])
    }

    func update(_ record: RoomRecord, in db: VaultTransaction) throws {
        try db.connection.run(
            """
            UPDATE rooms SET cursor = ?, read_cursor = ?, closed = ?, quarantined = ?, relay_chain = ?,
                sealed_group = ?, highest_epoch = max(highest_epoch, ?) WHERE room = ?
            """,
            [
                try record.cursor.stored(), try record.readCursor.stored(), record.closed, record.quarantined,
                Data(record.relayChain), try sealed(record), try record.highestEpoch.stored(), Data(record.room.bytes),
            ])
    }

    private func sealed(_ record: RoomRecord) throws -> Data? {
        try record.group.map { try sealSecret($0.serialized(), place: "rooms/\(record.room)") }
    }

    func quarantineAll(_ reason: String, in db: VaultTransaction) throws {
        try db.connection.run("UPDATE rooms SET quarantined = ? WHERE quarantined IS NULL", [reason])
    }

    // MARK: Log

    /// - Parameter said: of whom and by which event id the fact is, where it must count only once.
    func append(
        _ fact: StoredFact?, said: (author: DeviceID, event: EventID)? = nil, room: RoomID, seq: UInt64,
        chain: [UInt8], in db: VaultTransaction
    ) throws {
        try db.connection.run(
            "INSERT INTO log (room, seq, chain, said, sealed_fact) VALUES (?, ?, ?, ?, ?)",
            [
                Data(room.bytes), try seq.stored(), Data(chain), said.map { Data(tag($0.author, $0.event)) },
                try fact.map { try sealJSON($0, place: "log/\(room)/\(seq)") },
            ])
    }

    /// Whether the log has that event of that author already.
    func isSaid(_ event: EventID, by author: DeviceID, room: RoomID, in db: VaultTransaction) throws -> Bool {
        try db.connection.row(
            "SELECT 1 FROM log WHERE room = ? AND said = ?",
            [Data(room.bytes), Data(tag(author, event))]) != nil
    }

    private func tag(_ author: DeviceID, _ event: EventID) -> [UInt8] {
        indexTag(author.bytes + event.bytes, purpose: "said")
    }

    /// The epoch chain at an entry; nil where this device did not see it.
    func chain(of room: RoomID, at seq: UInt64, in db: VaultTransaction) throws -> [UInt8]? {
        guard let seq = Int64(exactly: seq) else { return nil }
        return try db.connection.row(
            "SELECT chain FROM log WHERE room = ? AND seq = ?", [Data(room.bytes), seq]
        ).map { [UInt8](try $0.data("chain")) }
    }

    func facts(of room: RoomID, in db: VaultTransaction) throws -> [LogFact] {
        try db.connection.rows(
            "SELECT seq, sealed_fact FROM log WHERE room = ? AND sealed_fact IS NOT NULL ORDER BY seq",
            [Data(room.bytes)]
        ).compactMap { row in
            let seq = try row.unsigned("seq")
            let fact = try openJSON(StoredFact.self, row.data("sealed_fact"), place: "log/\(room)/\(seq)")
            return fact.logFact(seq: seq)
        }
    }

    /// What came into any room after the log's row `id`, in the order this device learned it.
    func facts(afterRow id: Int64) throws -> (facts: [(RoomID, LogFact)], last: Int64) {
        try read { db in
            var last = id
            var facts: [(RoomID, LogFact)] = []
            let rows = try db.connection.rows(
                "SELECT id, room, seq, sealed_fact FROM log WHERE id > ? ORDER BY id", [id])
            for row in rows {
                last = try row.integer("id")
                let bytes = try row.data("room")
                let seq = try row.unsigned("seq")
                let sealed = try row.optional("sealed_fact", Row.data)
                guard let room = RoomID([UInt8](bytes)), let sealed else { continue }
                let fact = try openJSON(StoredFact.self, sealed, place: "log/\(room)/\(seq)")
                if let shown = fact.logFact(seq: seq) { facts.append((room, shown)) }
            }
            return (facts, last)
        }
    }

    func lastLogRow() throws -> Int64 {
        try read { try $0.connection.number("SELECT max(id) FROM log") ?? 0 }
    }
}
