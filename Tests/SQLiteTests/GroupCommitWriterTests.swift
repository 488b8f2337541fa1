import Foundation
import SQLite
import Synchronization
import Terms
import TestTeam
import Testing

/// What comes between two batches: checkpoints and scrubbing, never before what was committed is told.
@Suite(.timeLimit(.minutes(2))) struct GroupCommitWriterTests {
    private func open(_ directory: TemporaryDirectory) throws -> Database {
        var options = Database.Options()
        options.checkpointPages = 0
        return try Database(
            path: directory.file("test.sqlite").path, schema: ["CREATE TABLE items (content BLOB)"], options: options)
    }

    @Test("a long log is written into the file, and only after what was committed is told") func checkpoint()
        async throws
    {
        let directory = try TemporaryDirectory()
        let database = try open(directory)
        try database.scrub(patience: 0)
        let atTelling = Mutex<[Int]>([])
        let writer = GroupCommitWriter<Int, HeldItems>(database: database, checkpointBytes: 64 << 10) { _ in
            atTelling.withLock { $0.append(database.logBytes) }
        }
        for number in 0..<3 {
            try await writer.write(.people) { db, notices in
                try db.run("INSERT INTO items (content) VALUES (?)", [[UInt8](repeating: 7, count: 256 << 10)])
                notices.append(number)
            }
        }
        // Behind the last batch on the same queue.
        #expect(try database.write { try $0.number("SELECT count(*) FROM items") } == 3)
        // A log that was emptied after each batch never holds two.
        #expect(atTelling.withLock { $0.count } == 3)
        #expect(atTelling.withLock { $0.allSatisfy { (256 << 10..<512 << 10).contains($0) } })
    }

    private final class Load: Sendable {
        private let ended = Mutex(false)
        var isOver: Bool { ended.withLock { $0 } }
        func end() { ended.withLock { $0 = true } }
    }

    @Test("the log is emptied while writes never cease") func scrubUnderLoad() async throws {
        let directory = try TemporaryDirectory()
        let database = try open(directory)
        let writer = GroupCommitWriter<Never, HeldItems>(database: database, checkpointBytes: 1 << 30) { _ in }
        let load = Load()
        let written = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { [writer, load] in
                    var count = 0
                    while !load.isOver {
                        try await writer.write(.people) { db, _ in try db.run("INSERT INTO items VALUES (x'07')") }
                        count += 1
                    }
                    return count
                }
            }
            for _ in 0..<20 { #expect(try await writer.scrub()) }
            load.end()
            return try await group.reduce(0, +)
        }
        let stored = try await database.read { try $0.number("SELECT count(*) FROM items") }
        #expect(stored == Int64(written))
    }

    @Test("what writes hold back is written before others look, once, and without what failed") func heldBack()
        async throws
    {
        let directory = try TemporaryDirectory()
        let database = try open(directory)
        let writer = GroupCommitWriter<Never, HeldItems>(database: database, checkpointBytes: 1 << 30) { _ in }
        let seen = await withTaskGroup(of: Int64?.self) { group in
            for number in 0..<300 {
                group.addTask {
                    if number % 10 == 0 {
                        return try? await writer.write(.people) { db, _ in
                            try db.number("SELECT count(*) FROM items")
                        }
                    }
                    _ = try? await writer.share(.people) { _, batch, _ in
                        batch.items.append(UInt8(number % 251))
                        if number % 3 == 0 { throw CancellationError() }
                    }
                    return nil
                }
            }
            return await group.reduce(into: [Int64]()) { if let count = $1 { $0.append(count) } }
        }
        let stored = try await database.read { try $0.number("SELECT count(*) FROM items") }
        #expect(stored == Int64((0..<300).filter { $0 % 10 != 0 && $0 % 3 != 0 }.count))
        #expect(seen.count == 30)
    }

    @Test("where what was held back cannot be written, each write stands for itself") func flushFails() async throws {
        let directory = try TemporaryDirectory()
        let database = try open(directory)
        let writer = GroupCommitWriter<Never, HeldItems>(database: database, checkpointBytes: 1 << 30) { _ in }
        let taken = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    (try? await writer.share(.people) { _, batch, _ in
                        batch.items.append(number == 25 ? HeldItems.spoils : 1)
                    }) != nil
                }
            }
            return await group.reduce(into: 0) { if $1 { $0 += 1 } }
        }
        #expect(taken == 49)
        #expect(try await database.read { try $0.number("SELECT count(*) FROM items") } == 49)
    }
}

/// Items that are written with the transaction's end.
struct HeldItems: WriteBatch {
    static let spoils: UInt8 = 255
    var items: [UInt8] = []

    mutating func flush(in db: Connection) throws {
        for item in items {
            if item == Self.spoils { throw SQLiteError(.full, "a test") }
            try db.run("INSERT INTO items (content) VALUES (?)", [[item]])
        }
        items = []
    }
}
