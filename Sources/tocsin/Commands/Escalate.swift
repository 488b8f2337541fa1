import ArgumentParser
import Client
import RelayAPI
import Terms

struct Escalate: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Call the next step of a page at once.")

    @Argument(help: "The page: its id, or the id's first digits.")
    var room: RoomArgument

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let room = try await Reporting.room(room.text, client)
            try await client.escalate(room)
            try output.show(DoneView.escalated(room))
        }
    }
}
