import RelayAPI
import SQLite
import Terms

/// A database's life: see ``Generation``.
extension SQLiteStore {
    static let writesQuery = "SELECT seq FROM sqlite_sequence WHERE name = 'answers'"
    static let generationQuery = "SELECT generation FROM generations ORDER BY number DESC LIMIT 1"

    func mark() async throws -> RelayMark {
        try await read { db in
            guard let row = try db.row(Self.generationQuery) else { throw SQLiteError.damaged }
            return RelayMark(
                generation: try row.identifier(0), writes: UInt64(max(0, try db.number(Self.writesQuery) ?? 0)))
        }
    }

    func knows(_ generation: Generation) async throws -> Bool {
        try await read { try $0.holds("SELECT 1 FROM generations WHERE generation = ?", [generation]) }
    }

    /// Gives a new database its first generation; needed before anything else is written.
    func startGeneration() async throws {
        let current = try await write(.first) { db, _ in
            if let row = try db.row(Self.generationQuery) { return try row.identifier(Generation.self, 0) }
            return try Self.begin(in: db)
        }
        generation.become(current)
    }

    func begin(after last: Generation, knowing other: Generation?) async throws {
        do {
            try await write(.first) { db, _ in
                // Several may have found out at once.
                guard try db.row(Self.generationQuery)?.bytes(0) == last.bytes else { return }
                try Self.forgetRooms(in: db)
                if let other { try db.run("INSERT OR IGNORE INTO generations (generation) VALUES (?)", [other]) }
                let next = try Self.begin(in: db)
                // Before the next write of the same transaction: its receipt names the generation that it is in.
                generation.become(next)
            }
        } catch {
            let current = try await mark().generation
            generation.become(current)
            throw error
        }
        noteDestroyed()
        try await scrubIfNeeded()
    }

    /// All that no generation takes over from another. The numbers of answers go on: nothing is given out twice.
    static func forgetRooms(in db: Connection) throws {
        // With rooms all that hangs on them.
        for table in ["rooms", "device_bytes", "answers", "claims", "claim_budgets"] {
            try db.run("DELETE FROM \(table)")
        }
        // Nobody knows which were handed out: devices bring others.
        try db.run("DELETE FROM key_packages WHERE NOT last_resort")
    }

    private static func begin(in db: Connection) throws -> Generation {
        let next = Generation.random()
        try db.run("INSERT INTO generations (generation) VALUES (?)", [next])
        return next
    }
}
