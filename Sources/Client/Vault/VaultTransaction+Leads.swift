import Foundation
import RelayAPI
import SQLite
import Terms

/// What is known about who leads a room and is there [R6].
extension VaultTransaction {
    // MARK: Writing

    /// A device wrote a message or a commit, by the relay's time.
    func note(written time: Timestamp, by device: DeviceID, in room: RoomID) throws {
        try connection.run(
            "INSERT OR REPLACE INTO written (room, device, at) VALUES (?, ?, ?)",
            [Data(room.bytes), Data(device.bytes), Int64(clamping: time.milliseconds)])
    }

    /// When devices last wrote in a room, as far as this device was there.
    func written(in room: RoomID) throws -> [DeviceID: Timestamp] {
        let rows = try connection.rows("SELECT device, at FROM written WHERE room = ?", [Data(room.bytes)]).map {
            (try $0.identifier("device") as DeviceID, try $0.time("at"))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    // MARK: Statements

    /// In the place of what the device said before of that kind.
    func keep(_ said: LeadStatement, signed: [UInt8]) throws {
        let kind =
            switch said.kind {
            case .noLead: "noLead"
            case .remove: "remove"
            }
        try connection.run(
            "INSERT OR REPLACE INTO lead_statements (room, device, kind, sealed) VALUES (?, ?, ?, ?)",
            [
                Data(said.room.bytes), Data(said.device.bytes), kind,
                try cipher.sealJSON(Data(signed), place: place(said.room)),
            ])
    }

    /// All that were kept, signed; old ones too.
    func leadStatements(in room: RoomID) throws -> [[UInt8]] {
        try connection.rows("SELECT sealed FROM lead_statements WHERE room = ?", [Data(room.bytes)]).map {
            [UInt8](try cipher.openJSON(Data.self, $0.data("sealed"), place: place(room)))
        }
    }

    private func place(_ room: RoomID) -> String { "lead_statements/\(room)" }
}
