import ArgumentParser
import Client
import Foundation
import Incident
import RelayAPI
import Terms

struct Inbox: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "List rooms, newest first.")

    @Flag(help: "Closed rooms too.")
    var all = false

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let exit = try await Reporting.catchUp(client)
            // The vault has them as they came to this device: of those that came while it was away, the newest came first.
            let rooms = try client.rooms(includingClosed: all).sorted { began($0) > began($1) }
            if output.json {
                try JSON.show(rooms.map { Render.json($0) })
            } else {
                let render = Render()
                for room in rooms { Terminal.show(line(room, render)) }
                if rooms.isEmpty { Terminal.note("nothing here") }
            }
            try exit.end()
        }
    }

    private func began(_ room: RoomSummary) -> Timestamp {
        room.opened ?? room.lastActivity ?? Timestamp(milliseconds: 0)
    }

    private func line(_ room: RoomSummary, _ render: Render) -> String {
        let kind = room.kind == .page ? "page" : "incident"
        let state = room.closed ? "closed" : room.status?.rawValue ?? "open"
        let severity = room.severity.map { " \(render.severity($0))" } ?? ""
        let unread = room.unread > 0 ? " (\(room.unread) new)" : ""
        return "\(room.id.short) \(render.time(room.opened)) \(kind) \(state)\(severity) "
            + "\(Sanitised.line(room.title)), from \(Sanitised.line(room.from))\(unread)"
    }
}
