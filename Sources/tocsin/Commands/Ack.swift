import ArgumentParser
import Client

struct Ack: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Say that you have it: stops the escalation.")

    @Argument(help: "The page: its id, or the id's first digits.")
    var room: RoomArgument

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let delivery = try await client.acknowledge(Reporting.room(room.text, client))
            try Reporting.delivery(delivery, what: "acknowledged", output)
        }
    }
}
