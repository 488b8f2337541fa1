import Foundation
import SQLite
import Synchronization
import Terms
import TestTeam
import Testing

/// A database in a folder of its own, which goes with it.
private final class Place {
    let directory: TemporaryDirectory
    var path: String { directory.file("test.sqlite").path }

    init() throws { directory = try TemporaryDirectory() }

    func open(_ schema: [String] = [Place.schema], readers: Int = 4, pages: Int = 0) throws -> Database {
        var options = Database.Options()
        options.readers = readers
        options.pages = pages
        return try Database(path: path, schema: schema, options: options)
    }

    static let schema = "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, content BLOB)"
}

private func code(_ body: () throws -> Void) -> SQLiteErrorCode? {
    do {
        try body()
        return nil
    } catch { return (error as? SQLiteError)?.code }
}

@Suite struct DatabaseTests {
    @Test("every commit is synced, and what is deleted is overwritten", arguments: [0, 4])
    func pragmas(readers: Int) throws {
        let place = try Place()
        let database = try place.open(readers: readers)
        // 2 is FULL.
        for (pragma, wanted) in [("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1)] as [(String, Int64)] {
            let value = try database.write { try $0.number("PRAGMA \(pragma)") }
            #expect(value == wanted, "\(pragma)")
        }
        #expect(try database.write { try $0.row("PRAGMA journal_mode")?.text(0) } == "wal")
        let mode = try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test("a value comes back as it was") func values() throws {
        let database = try Place().open()
        let room = RoomID.random()
        try database.write { db in
            try db.run("INSERT INTO items (id, name, content) VALUES (?, ?, ?)", [7, "a", room])
            try db.run("INSERT INTO items (id, name, content) VALUES (?, ?, ?)", [8, nil, [UInt8](1...3)])
            let row = try #require(try db.row("SELECT id, name, content FROM items WHERE id = ?", [7]))
            #expect(try row.unsigned(0) == 7)
            #expect(try row.text("name") == "a")
            #expect(try row.identifier(RoomID.self, 2) == room)
            let other = try #require(try db.row("SELECT id, name, content FROM items WHERE id = 8"))
            #expect(try other.optional("name") { $0.text } == nil)
            #expect(try other.bytes(2) == [1, 2, 3])
        }
    }

    @Test("what is of another type, or not there, is damage and no trap")
    func damage() throws {
        let database = try Place().open()
        try database.write { db in
            try db.run("INSERT INTO items (id, name, content) VALUES (-1, 'x', x'00')")
            let row = try #require(try db.row("SELECT id, name, content FROM items"))
            for read in [
                { _ = try row.unsigned(0) }, { _ = try row.integer(1) }, { _ = try row.identifier(RoomID.self, 2) },
                { _ = try row.text(9) }, { _ = try row.bytes("nothing") }, { _ = try row.flag(0) },
            ] as [() throws -> Void] {
                #expect(throws: SQLiteError.damaged) { try read() }
            }
        }
    }

    @Test("this program's own bug is not called damage")
    func misuse() throws {
        let database = try Place().open()
        #expect(
            code {
                try database.write { db in
                    try db.run("INSERT INTO items (id) VALUES (1)")
                    try db.run("INSERT INTO items (id) VALUES (1)")
                }
            } == .misuse)
        // And nothing of it was stored.
        #expect(try database.read { try $0.number("SELECT count(*) FROM items") } == 0)
    }

    @Test("a file of a newer program, and one that is none, are refused")
    func foreign() throws {
        let place = try Place()
        _ = try place.open([Place.schema, "CREATE TABLE more (id INTEGER)"])
        #expect(code { _ = try place.open() } == .newer)
        let other = try Place()
        try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: other.path))
        #expect(code { _ = try other.open() } == .damaged)
    }

    @Test("a full file refuses, and keeps what it had")
    func full() throws {
        let database = try Place().open(pages: 16)
        #expect(
            code {
                for number in 0..<100 {
                    try database.write { db in
                        try db.run(
                            "INSERT INTO items (id, content) VALUES (?, ?)", [number, Data(count: 4_000)])
                    }
                }
            } == .full)
        #expect(try database.read { try $0.number("SELECT count(*) FROM items") } ?? 0 > 0)
    }

    @Test("what was deleted is nowhere in the files once they were scrubbed")
    func scrubbing() throws {
        let place = try Place()
        let database = try place.open()
        let secret = Data("a secret that nobody may find".utf8)
        try database.write { try $0.run("INSERT INTO items (id, content) VALUES (1, ?)", [secret]) }
        #expect(try database.scrub(patience: 100))
        try database.write { try $0.run("DELETE FROM items") }
        #expect(try database.scrub(patience: 100))
        for name in try place.directory.names {
            let content = Data(try place.directory.read(name))
            #expect(content.range(of: secret) == nil, "\(name)")
        }
    }
}

@Suite struct GroupCommitTests {
    @Test("notices are published in the order of the commits, durable when they are, and only of what was stored")
    func notices() async throws {
        let place = try Place()
        let database = try place.open()
        let published = Mutex<[Int]>([])
        let unseen = Mutex(0)
        let writer = GroupCommitWriter<Int, HeldItems>(database: database, checkpointBytes: 1 << 30) { notices in
            published.withLock { $0 += notices }
            // Another connection must see what is told.
            let count = try? database.read { try $0.number("SELECT count(*) FROM items") }
            let known = published.withLock { $0.count }
            if count ?? 0 < Int64(known) { unseen.withLock { $0 += 1 } }
        }
        let stored = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<300 {
                group.addTask {
                    try? await writer.write(number % 2 == 0 ? .people : .sensors) { db, notices in
                        try db.run("INSERT INTO items (content) VALUES (x'00')")
                        let id = Int(db.lastInsertedRowID)
                        notices.append(id)
                        // Every third fails after it wrote.
                        if number % 3 == 0 { throw CancellationError() }
                        return id
                    }
                }
            }
            return await group.reduce(into: [Int]()) { if let id = $1 { $0.append(id) } }
        }
        #expect(stored.count == 200)
        #expect(published.withLock { $0 } == stored.sorted())
        #expect(unseen.withLock { $0 } == 0)
        #expect(try await database.read { try $0.number("SELECT count(*) FROM items") } == 200)
    }
}
