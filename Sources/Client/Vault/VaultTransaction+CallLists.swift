import Foundation
import SQLite

extension VaultTransaction {
    func store(callList bundle: [UInt8], version: UInt64, digest: String) throws {
        try connection.run(
            "INSERT INTO call_lists (digest, version, told, sealed) VALUES (?, ?, 0, ?)",
            [digest, try version.stored(), try cipher.seal(bundle, place: "call_lists/\(digest)")])
    }

    /// All that were accepted after `version`, oldest first.
    func callLists(after version: UInt64) throws -> [[UInt8]] {
        try connection.rows(
            "SELECT digest, sealed FROM call_lists WHERE version > ? ORDER BY version",
            [try version.stored()]
        ).map { row in
            let digest = try row.text("digest")
            return try cipher.open(row.data("sealed"), place: "call_lists/\(digest)")
        }
    }

    /// The versions of which nobody was told yet what they change, oldest first.
    func untoldCallLists() throws -> [UInt64] {
        try connection.rows("SELECT version FROM call_lists WHERE told = 0 ORDER BY version").map { row in
            try row.unsigned("version")
        }
    }

    func noteTold(callList version: UInt64) throws {
        try connection.run("UPDATE call_lists SET told = 1 WHERE version = ?", [try version.stored()])
    }

    func store(forkedCallList bundle: [UInt8], digest: String) throws {
        try connection.run(
            "INSERT OR IGNORE INTO forked_call_lists (digest, sealed) VALUES (?, ?)",
            [digest, try cipher.seal(bundle, place: "forked_call_lists/\(digest)")])
    }

    /// Lists that the officers' threshold signed beside those in use.
    func forkedCallLists() throws -> [[UInt8]] {
        try connection.rows("SELECT digest, sealed FROM forked_call_lists ORDER BY rowid").map { row in
            let digest = try row.text("digest")
            return try cipher.open(row.data("sealed"), place: "forked_call_lists/\(digest)")
        }
    }
}
