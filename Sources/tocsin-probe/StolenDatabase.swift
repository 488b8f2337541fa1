import Foundation
import GRDB
import RelayAPI
import Terms

/// A relay's database, read as a thief would: no relay runs.
struct StolenDatabase {
    struct Room {
        let room: RoomID
        let welcomes: [[UInt8]]
        let entries: [Entry]
    }

    private let database: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        database = try DatabaseQueue(path: path, configuration: configuration)
    }

    func rooms() throws -> [Room] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT id, room FROM rooms ORDER BY id").compactMap { row in
                let id: Int64 = row["id"]
                let bytes: Data = row["room"]
                guard let room = RoomID([UInt8](bytes)) else { return nil }
                let welcomes = try Data.fetchAll(
                    db, sql: "SELECT body FROM welcome_bodies WHERE room = ?", arguments: [id])
                return Room(room: room, welcomes: welcomes.map { [UInt8]($0) }, entries: try entries(of: id, in: db))
            }
        }
    }

    private func entries(of room: Int64, in db: Database) throws -> [Entry] {
        try Row.fetchAll(db, sql: "SELECT * FROM entries WHERE room = ? ORDER BY seq", arguments: [room]).compactMap {
            row in
            let seq: Int64 = row["seq"]
            let time: Int64 = row["time"]
            let poster: Data = row["poster"]
            let number: Int = row["class"]
            let payload: Data = row["payload"]
            let chain: Data = row["chain"]
            guard let poster = DeviceID([UInt8](poster)), let entryClass = EntryClass(rawValue: UInt8(number)) else {
                return nil
            }
            return Entry(
                seq: UInt64(seq), time: Timestamp(milliseconds: UInt64(time)), poster: poster, entryClass: entryClass,
                payload: [UInt8](payload), chain: [UInt8](chain))
        }
    }
}
