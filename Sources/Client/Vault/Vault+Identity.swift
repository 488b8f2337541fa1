import CallList
import Foundation
import GRDB
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
            try db.execute(
                sql: "INSERT INTO identity (name, sealed) VALUES ('keys', ?), ('document', ?)",
                arguments: [
                    try sealSecret(identity.keys.serialized(), place: "identity/keys"),
                    try sealJSON(document, place: "identity/document"),
                ])
        }
    }

    func identity() throws -> Identity {
        try read { db in
            let select = "SELECT sealed FROM identity WHERE name = ?"
            guard let keysRow = try Row.fetchOne(db, sql: select, arguments: ["keys"]),
                let documentRow = try Row.fetchOne(db, sql: select, arguments: ["document"])
            else { throw Self.damaged }
            let document = try openJSON(Document.self, documentRow.value("sealed"), place: "identity/document")
            return Identity(
                keys: try DeviceKeys(serialized: openSecret(keysRow.value("sealed"), place: "identity/keys")),
                claimedName: document.claimedName, rootEnvelope: [UInt8](document.rootEnvelope),
                rootDigest: document.rootDigest, request: [UInt8](document.request))
        }
    }

    // MARK: Call lists

    func store(callList bundle: [UInt8], version: UInt64, digest: String, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO call_lists (digest, version, sealed) VALUES (?, ?, ?)",
            arguments: [digest, try version.stored(), try seal(bundle, place: "call_lists/\(digest)")])
    }

    /// All that were accepted after `version`, oldest first.
    func callLists(after version: UInt64, in db: Database) throws -> [[UInt8]] {
        try Row.fetchAll(
            db, sql: "SELECT digest, sealed FROM call_lists WHERE version > ? ORDER BY version",
            arguments: [try version.stored()]
        ).map { row in
            let digest: String = try row.value("digest")
            return try open(row.value("sealed"), place: "call_lists/\(digest)")
        }
    }

    func store(forkedCallList bundle: [UInt8], digest: String) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO forked_call_lists (digest, sealed) VALUES (?, ?)",
                arguments: [digest, try seal(bundle, place: "forked_call_lists/\(digest)")])
        }
    }

    /// Lists that the officers' threshold signed beside those in use.
    func forkedCallLists() throws -> [[UInt8]] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT digest, sealed FROM forked_call_lists ORDER BY rowid").map { row in
                let digest: String = try row.value("digest")
                return try open(row.value("sealed"), place: "forked_call_lists/\(digest)")
            }
        }
    }

    // MARK: Alarms

    /// Keeps something that a person must hear of, once.
    func raise(_ alarm: String, at now: Date, in db: Database) throws {
        // Keyed: a plain hash would confirm a guess at what it says.
        let digest = Data(indexTag(Array(alarm.utf8), purpose: "alarms"))
        try db.execute(
            sql: "INSERT OR IGNORE INTO alarms (at, digest, sealed) VALUES (?, ?, ?)",
            arguments: [Int64(now.timeIntervalSince1970), digest, try seal(Array(alarm.utf8), place: "alarms")])
    }

    /// - Returns: alarms in the order they came, with the number of the last.
    func alarms(after id: Int64 = 0) throws -> (texts: [String], last: Int64) {
        try read { db in
            var last = id
            let texts = try Row.fetchAll(
                db, sql: "SELECT id, sealed FROM alarms WHERE id > ? ORDER BY id", arguments: [id]
            ).map { row in
                last = try row.value("id")
                return String(decoding: try open(row.value("sealed"), place: "alarms"), as: UTF8.self)
            }
            return (texts, last)
        }
    }
}
