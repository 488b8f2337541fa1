import Foundation
import RelayAPI
import SQLite
import Sodium
import Terms
import WireFormat

/// What this device sent: its own entries cannot be decrypted again, and tell whether the vault went back in time [R7].
extension VaultTransaction {
    func remember(
        sent payload: [UInt8], event: EventID, fact: StoredFact?, room: RoomID
    ) throws {
        let hash = Data(SHA256.hash(payload))
        try connection.run(
            "INSERT OR IGNORE INTO sent (room, payload_hash, event, sealed_fact) VALUES (?, ?, ?, ?)",
            [
                Data(room.bytes), hash, Data(event.bytes),
                try fact.map { try cipher.sealJSON($0, place: "sent/\(room)/\(Hexadecimal.encode(hash))") },
            ])
    }

    /// - Returns: nil where this device never sent that; else what it said, if anything.
    func sent(_ payload: [UInt8], room: RoomID) throws -> StoredFact?? {
        let hash = Data(SHA256.hash(payload))
        guard
            let row = try connection.row(
                "SELECT sealed_fact FROM sent WHERE room = ? AND payload_hash = ?",
                [Data(room.bytes), hash])
        else { return nil }
        let sealed = try row.optional("sealed_fact", Row.data)
        return .some(
            try sealed.map {
                try cipher.openJSON(StoredFact.self, $0, place: "sent/\(room)/\(Hexadecimal.encode(hash))")
            })
    }

    /// Keeps a relay's signed word on where an own entry is, and with it on how far it has come.
    func keep(_ receipt: Receipt, of relay: String, for payload: [UInt8], at now: Timestamp) throws {
        try note(receipt, of: relay, at: now)
        try connection.run(
            "UPDATE sent SET receipt = ?, receipt_seq = ? WHERE room = ? AND payload_hash = ?",
            [
                Data(receipt.encoded), try receipt.seq.stored(), Data(receipt.room.bytes), Data(SHA256.hash(payload)),
            ])
    }

    /// The receipt for a place in a room's log, where there is one.
    func receipt(room: RoomID, seq: UInt64) throws -> Receipt? {
        try connection.row(
            "SELECT receipt FROM sent WHERE room = ? AND receipt_seq = ?",
            [Data(room.bytes), try seq.stored()]
        ).flatMap { try? Receipt(decoding: [UInt8](try $0.data("receipt"))) }
    }

    /// The receipt for an event, where the relay gave one.
    func receipt(event: EventID) throws -> Receipt? {
        try connection.row(
            "SELECT receipt FROM sent WHERE event = ? AND receipt IS NOT NULL",
            [Data(event.bytes)]
        ).flatMap { try? Receipt(decoding: [UInt8](try $0.data("receipt"))) }
    }
}
