import ArgumentParser
import Client

extension RoomCommand {
    struct Show: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Show a room's state and who is in it.")

        @Argument(help: "The room: its id, or the id's first digits.")
        var room: RoomArgument

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                try await Reporting.catchUp(client)
                let detail = try client.detail(client.room(matching: room.text))
                try output.show(RoomView(detail, client: client))
                if let reason = detail.quarantined, !output.json {
                    Terminal.note("ALARM: not safe to write here: \(reason)")
                }
            }
        }
    }
}
