import Foundation
import Incident
import SQLite
import Sodium
import Terms

/// What was said, one row for each entry that was processed.
extension VaultTransaction {
    /// Adds what an entry said, and keeps the room's head; the caller stores `record`.
    /// - Parameters:
    ///   - said: of whom and by which event id the fact is, where it must count only once.
    ///   - isOwn: this device said it.
    ///   - chain: the members' of this epoch, up to this entry; `relayChain`: the relay's.
    func append(
        _ fact: StoredFact?, said: (author: DeviceID, event: EventID)? = nil, isOwn: Bool = false,
        to record: inout RoomRecord, seq: UInt64, chain: [UInt8], relayChain: [UInt8]
    ) throws {
        let room = record.head.room
        let shown = fact?.logFact(seq: seq)
        try connection.run(
            "INSERT INTO log (room, seq, chain, relay_chain, said, is_news, sealed_fact) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                Data(room.bytes), try seq.stored(), Data(chain), Data(relayChain),
                said.map { Data(tag($0.author, $0.event)) },
                shown?.isNews ?? false && !isOwn, try fact.map { try cipher.sealJSON($0, place: "log/\(room)/\(seq)") },
            ])
        guard let shown else { return }
        // Somebody has the page.
        if record.kind == .page, !isOwn, shown.showsReceipt { try forgetKeptPage(room) }
        let movesPage = record.kind == .page && shown.movesPage
        var page = movesPage ? try page(of: room) : nil
        record.head.take(shown, isOwn: isOwn, page: &page)
        if movesPage, let page { try store(page, of: room) }
    }

    /// Whether the log has that event of that author already.
    func isSaid(_ event: EventID, by author: DeviceID, room: RoomID) throws -> Bool {
        try connection.row(
            "SELECT 1 FROM log WHERE room = ? AND said = ?",
            [Data(room.bytes), Data(tag(author, event))]) != nil
    }

    private func tag(_ author: DeviceID, _ event: EventID) -> [UInt8] {
        cipher.indexTag(author.bytes + event.bytes, purpose: "said")
    }

    /// The epoch chain at an entry; nil where this device did not see it.
    func chain(of room: RoomID, at seq: UInt64) throws -> [UInt8]? {
        guard let seq = Int64(exactly: seq) else { return nil }
        return try connection.row(
            "SELECT chain FROM log WHERE room = ? AND seq = ?", [Data(room.bytes), seq]
        ).map { [UInt8](try $0.data("chain")) }
    }

    /// The relay's chain at an entry; nil where this device did not see it.
    func relayChain(of room: RoomID, at seq: UInt64) throws -> [UInt8]? {
        guard let seq = Int64(exactly: seq) else { return nil }
        return try connection.row(
            "SELECT relay_chain FROM log WHERE room = ? AND seq = ?", [Data(room.bytes), seq]
        ).map { [UInt8](try $0.data("relay_chain")) }
    }

    func facts(of room: RoomID) throws -> [LogFact] {
        try connection.rows(
            "SELECT seq, sealed_fact FROM log WHERE room = ? AND sealed_fact IS NOT NULL ORDER BY seq",
            [Data(room.bytes)]
        ).compactMap { row in
            let seq = try row.unsigned("seq")
            let fact = try cipher.openJSON(StoredFact.self, row.data("sealed_fact"), place: "log/\(room)/\(seq)")
            return fact.logFact(seq: seq)
        }
    }

    /// What came into any room after the log's row `id`, in the order this device learned it.
    func facts(afterRow id: Int64) throws -> (facts: [(room: RoomID, fact: LogFact)], last: Int64) {
        var last = id
        var facts: [(room: RoomID, fact: LogFact)] = []
        let rows = try connection.rows(
            "SELECT id, room, seq, sealed_fact FROM log WHERE id > ? ORDER BY id", [id])
        for row in rows {
            last = try row.integer("id")
            let bytes = try row.data("room")
            let seq = try row.unsigned("seq")
            let sealed = try row.optional("sealed_fact", Row.data)
            guard let room = RoomID([UInt8](bytes)), let sealed else { continue }
            let fact = try cipher.openJSON(StoredFact.self, sealed, place: "log/\(room)/\(seq)")
            if let shown = fact.logFact(seq: seq) { facts.append((room, shown)) }
        }
        return (facts, last)
    }

    func lastLogRow() throws -> Int64 {
        try connection.number("SELECT max(id) FROM log") ?? 0
    }
}
