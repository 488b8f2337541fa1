import RelayAPI
import SQLite
import Terms

/// A database's life: see ``Generation``.
extension SQLiteStore {
    static let writesQuery = "SELECT seq FROM sqlite_sequence WHERE name = 'answers'"

    func mark() async throws -> RelayMark { try await read { try Self.mark(in: $0) } }

    private static func mark(in db: Connection) throws -> RelayMark {
        guard let row = try db.row("SELECT generation FROM generation") else { throw SQLiteError.damaged }
        return RelayMark(
            generation: try row.identifier(0), writes: UInt64(max(0, try db.number(writesQuery) ?? 0)))
    }

    /// Gives a new database its first.
    func beginIfNew() async throws {
        try await write(.first) { db, _ in
            try db.run("INSERT OR IGNORE INTO generation (id, generation) VALUES (1, ?)", [Generation.random()])
        }
    }

    func begin(after last: Generation) async throws {
        try await write(.first) { db, _ in
            // Several may have found out at once.
            guard try Self.mark(in: db).generation == last else { return }
            // With them all that hangs on them. Their numbers go on: nothing is given out twice.
            for table in ["rooms", "device_bytes", "answers", "claims", "claim_budgets"] {
                try db.run("DELETE FROM \(table)")
            }
            // Nobody knows which were handed out: devices bring others.
            try db.run("DELETE FROM key_packages WHERE NOT last_resort")
            try db.run("UPDATE generation SET generation = ?", [Generation.random()])
        }
        noteDestroyed()
        try await scrubIfNeeded()
    }
}
