import Foundation
import SQLite
import Synchronization
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
        let writer = GroupCommitWriter<Int>(database: database, checkpointBytes: 64 << 10) { _ in
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
        let writer = GroupCommitWriter<Never>(database: database, checkpointBytes: 1 << 30) { _ in }
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
}
