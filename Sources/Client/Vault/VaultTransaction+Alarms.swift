import Foundation
import SQLite

extension VaultTransaction {
    /// Keeps something that a person must hear of, once.
    func raise(_ alarm: String, at now: Date) throws {
        // Keyed: a plain hash would confirm a guess at what it says.
        let digest = Data(cipher.indexTag(Array(alarm.utf8), purpose: "alarms"))
        try connection.run(
            "INSERT OR IGNORE INTO alarms (at, digest, sealed) VALUES (?, ?, ?)",
            [Int64(now.timeIntervalSince1970), digest, try cipher.seal(Array(alarm.utf8), place: "alarms")])
    }

    /// The number of the last.
    func lastAlarm() throws -> Int64 { try connection.number("SELECT max(id) FROM alarms") ?? 0 }

    /// - Returns: alarms in the order they came, with the number of the last.
    func alarms(after id: Int64 = 0) throws -> (texts: [String], last: Int64) {
        var last = id
        let texts = try connection.rows(
            "SELECT id, sealed FROM alarms WHERE id > ? ORDER BY id", [id]
        ).map { row in
            last = try row.integer("id")
            return String(decoding: try cipher.open(row.data("sealed"), place: "alarms"), as: UTF8.self)
        }
        return (texts, last)
    }
}
