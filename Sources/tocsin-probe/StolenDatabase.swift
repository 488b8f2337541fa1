import RelayAPI
import SQLite
import Terms

/// A relay's database, read as a thief would: no relay runs.
struct StolenDatabase {
    struct Room {
        let room: RoomID
        let welcomes: [[UInt8]]
        let entries: [Entry]
    }

    private let database: Database

    init(path: String) throws {
        var options = Database.Options()
        options.readers = 0
        options.access = .readOnly
        database = try Database(path: path, options: options)
    }

    func rooms() throws -> [Room] {
        try database.read { connection in
            try connection.rows("SELECT id, room FROM rooms ORDER BY id").map { row in
                let id = try row.integer("id")
                return Room(
                    room: try row.identifier("room"),
                    welcomes: try connection.rows("SELECT body FROM welcome_bodies WHERE room = ?", [id]).map {
                        try $0.bytes("body")
                    }, entries: try entries(of: id, in: connection))
            }
        }
    }

    private func entries(of room: Int64, in connection: Connection) throws -> [Entry] {
        try connection.rows("SELECT * FROM entries WHERE room = ? ORDER BY seq", [room]).map { row in
            guard let entryClass = EntryClass(rawValue: UInt8(clamping: try row.count("class"))) else {
                throw SQLiteError.damaged
            }
            return Entry(
                seq: try row.unsigned("seq"), time: try row.time("time"), poster: try row.identifier("poster"),
                entryClass: entryClass, payload: try row.bytes("payload"), chain: try row.bytes("chain"))
        }
    }
}
