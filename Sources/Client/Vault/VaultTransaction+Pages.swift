import Escalation
import Foundation
import SQLite
import Terms
import WireFormat

/// What each page's log has folded to, kept as it grows: an entry costs what the page's state is, not what its log is.
extension VaultTransaction {
    /// Nil before the page's notice.
    func page(of room: RoomID) throws -> Page? {
        guard
            let row = try connection.row(
                "SELECT sealed_plan, sealed_state FROM pages WHERE room = ?", [Data(room.bytes)])
        else { return nil }
        let plan = try cipher.open(row.data("sealed_plan"), place: "pages/\(room)/plan")
        let state = try cipher.open(row.data("sealed_state"), place: "pages/\(room)/state")
        guard let plan = try? Plan(decoding: plan), let state = try? State(decoding: state),
            let page = Page(plan, state: state)
        else { throw Vault.damaged }
        return page
    }

    /// A page's plan never changes.
    func store(_ page: Page, of room: RoomID) throws {
        let state = try cipher.seal(page.state.encoded, place: "pages/\(room)/state")
        try connection.run("UPDATE pages SET sealed_state = ? WHERE room = ?", [state, Data(room.bytes)])
        guard connection.changeCount == 0 else { return }
        try connection.run(
            "INSERT INTO pages (room, sealed_plan, sealed_state) VALUES (?, ?, ?)",
            [Data(room.bytes), try cipher.seal(page.plan.encoded, place: "pages/\(room)/plan"), state])
    }
}
