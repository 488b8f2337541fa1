import CallList
import Foundation
import SQLite
import Sodium

/// Who this device is: written once, at enrolment.
struct Identity: Sendable {
    let keys: DeviceKeys
    /// The name that was asked for at enrolment; the call list says what counts.
    let claimedName: String
    /// The pinned root: its envelope as received, and the digest that pins it.
    let rootEnvelope: [UInt8]
    let rootDigest: String
    let request: [UInt8]
}

extension Vault {
    private struct Document: Codable {
        let claimedName: String
        let rootEnvelope: Data
        let rootDigest: String
        let request: Data
    }

    func store(_ identity: Identity) throws {
        let document = Document(
            claimedName: identity.claimedName, rootEnvelope: Data(identity.rootEnvelope),
            rootDigest: identity.rootDigest, request: Data(identity.request))
        try write { db in
            try db.connection.run(
                "INSERT INTO identity (name, sealed) VALUES ('keys', ?), ('document', ?)",
                [
                    try sealSecret(identity.keys.serialized(), place: "identity/keys"),
                    try sealJSON(document, place: "identity/document"),
                ])
        }
    }

    func identity() throws -> Identity {
        try read { db in
            let select = "SELECT sealed FROM identity WHERE name = ?"
            guard let keysRow = try db.connection.row(select, ["keys"]),
                let documentRow = try db.connection.row(select, ["document"])
            else { throw Self.damaged }
            let document = try openJSON(Document.self, documentRow.data("sealed"), place: "identity/document")
            return Identity(
                keys: try DeviceKeys(serialized: openSecret(keysRow.data("sealed"), place: "identity/keys")),
                claimedName: document.claimedName, rootEnvelope: [UInt8](document.rootEnvelope),
                rootDigest: document.rootDigest, request: [UInt8](document.request))
        }
    }

    // MARK: Call lists

    func store(callList bundle: [UInt8], version: UInt64, digest: String, in db: VaultTransaction) throws {
        try db.connection.run(
            "INSERT INTO call_lists (digest, version, sealed) VALUES (?, ?, ?)",
            [digest, try version.stored(), try seal(bundle, place: "call_lists/\(digest)")])
    }

    /// All that were accepted after `version`, oldest first.
    func callLists(after version: UInt64, in db: VaultTransaction) throws -> [[UInt8]] {
        try db.connection.rows(
            "SELECT digest, sealed FROM call_lists WHERE version > ? ORDER BY version",
            [try version.stored()]
        ).map { row in
            let digest = try row.text("digest")
            return try open(row.data("sealed"), place: "call_lists/\(digest)")
        }
    }

    func store(forkedCallList bundle: [UInt8], digest: String) throws {
        try write { db in
            try db.connection.run(
                "INSERT OR IGNORE INTO forked_call_lists (digest, sealed) VALUES (?, ?)",
                [digest, try seal(bundle, place: "forked_call_lists/\(digest)")])
        }
    }

    /// Lists that the officers' threshold signed beside those in use.
    func forkedCallLists() throws -> [[UInt8]] {
        try read { db in
            try db.connection.rows("SELECT digest, sealed FROM forked_call_lists ORDER BY rowid").map { row in
                let digest = try row.text("digest")
                return try open(row.data("sealed"), place: "forked_call_lists/\(digest)")
            }
        }
    }

    // MARK: Alarms

    /// Keeps something that a person must hear of, once.
    func raise(_ alarm: String, at now: Date, in db: VaultTransaction) throws {
        // Keyed: a plain hash would confirm a guess at what it says.
        let digest = Data(indexTag(Array(alarm.utf8), purpose: "alarms"))
        try db.connection.run(
            "INSERT OR IGNORE INTO alarms (at, digest, sealed) VALUES (?, ?, ?)",
            [Int64(now.timeIntervalSince1970), digest, try seal(Array(alarm.utf8), place: "alarms")])
    }

    /// - Returns: alarms in the order they came, with the number of the last.
    func alarms(after id: Int64 = 0) throws -> (texts: [String], last: Int64) {
        try read { db in
            var last = id
            let texts = try db.connection.rows(
                "SELECT id, sealed FROM alarms WHERE id > ? ORDER BY id", [id]
            ).map { row in
                last = try row.integer("id")
                return String(decoding: try open(row.data("sealed"), place: "alarms"), as: UTF8.self)
            }
            return (texts, last)
        }
    }
}
