import ArgumentParser
import Client

struct Resolve: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that a page's trouble is over. It ends when as many say so as its policy wants.")

    @Argument(help: "The page: its id, or the id's first digits.")
    var room: RoomArgument

    @Option(help: "What came of it; - reads standard input.")
    var note = ""

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let room = try await Reporting.room(room.text, client)
            let delivery = try await client.resolve(room, note: Text.argument(note))
            try Reporting.delivery(delivery, what: "resolved", output)
        }
    }
}
