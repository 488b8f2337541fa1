import Foundation
import RelayAPI
import SQLite
import Terms
import WireFormat

/// How far relays have come, and what is kept for the case that one goes back [R22].
extension VaultTransaction {
    /// The farthest that a relay has signed, and when that was kept here; nil where nothing was heard of it.
    func farthest(of relay: String) throws -> (proof: MarkProof, kept: Timestamp)? {
        guard let row = try connection.row("SELECT proof, at FROM relays WHERE relay = ?", [relay]) else { return nil }
        guard let proof = try? MarkProof(decoding: row.bytes("proof")) else { throw Vault.damaged }
        return (proof, try row.time("at"))
    }

    func keep(_ proof: MarkProof, of relay: String, at now: Timestamp) throws {
        try connection.run("REPLACE INTO relays (relay, at, proof) VALUES (?, ?, ?)", [relay, now, proof.encoded])
    }

    /// Keeps a receipt as such a proof, where it is farther than what is there.
    func note(_ receipt: Receipt, of relay: String, at now: Timestamp) throws {
        let last = try farthest(of: relay)?.proof.mark
        guard let last, last.generation == receipt.mark.generation, last.writes < receipt.mark.writes else { return }
        try keep(.receipt(receipt), of: relay, at: now)
    }

    // MARK: Pages

    /// - Parameter generation: the relay's, in which it accepted the page.
    func keep(_ draft: RoomDraft, of page: RoomID, at relay: String, in generation: Generation) throws {
        try connection.run(
            "REPLACE INTO kept_pages (room, relay, generation, sealed) VALUES (?, ?, ?, ?)",
            [page, relay, generation, try cipher.sealJSON(draft, place: "kept_pages/\(page)")])
    }

    func keptPages(of relay: String, notOf generation: Generation) throws -> [RoomID] {
        try connection.rows(
            "SELECT room FROM kept_pages WHERE relay = ? AND generation <> ?", [relay, generation]
        ).map { try $0.identifier("room") }
    }

    func keptPage(_ page: RoomID) throws -> RoomDraft? {
        try connection.row("SELECT sealed FROM kept_pages WHERE room = ?", [page]).map {
            try cipher.openJSON(RoomDraft.self, $0.data("sealed"), place: "kept_pages/\(page)")
        }
    }

    func forgetKeptPage(_ page: RoomID) throws {
        try connection.run("DELETE FROM kept_pages WHERE room = ?", [page])
    }
}
