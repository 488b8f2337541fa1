import ArgumentParser
import Client

struct Read: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Show what was said in a room.")

    @Argument(help: "The room: its id, or the id's first digits.")
    var room: RoomArgument

    @Flag(help: "Only what is new.")
    var new = false

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let exit = try await Reporting.catchUp(client)
            let id = try client.room(matching: room.text)
            let detail = try client.detail(id)
            let facts = detail.facts.filter { !new || $0.seq > detail.readThrough }
            try output.show(facts.map { FactView(fact: $0, page: detail.page, client: client) })
            if detail.closed, !output.json { Terminal.note("the room is closed") }
            if let reason = detail.quarantined { Terminal.note("ALARM: not safe to write here: \(reason)") }
            // Where that cannot be kept, it was said why, and it is shown as new again.
            if exit != .ioError, let last = detail.facts.last { try client.markRead(id, through: last.seq) }
            try exit.end()
        }
    }
}
