import ArgumentParser
import Client

struct Unack: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Take your acknowledgement back: the escalation goes on.")

    @Argument(help: "The page: its id, or the id's first digits.")
    var room: RoomArgument

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let delivery = try await client.unacknowledge(Reporting.room(room.text, client))
            try Reporting.delivery(delivery, what: "acknowledgement taken back", output)
        }
    }
}
