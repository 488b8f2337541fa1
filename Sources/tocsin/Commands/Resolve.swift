import ArgumentParser
import Client

struct Resolve: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that a page's trouble is over, and close the page. Its secrets are destroyed.")

    @Argument(help: "The page: its id, or the id's first digits.")
    var room: String

    @Option(help: "What came of it; - reads standard input.")
    var note = ""

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let note = try Text.argument(note)
        try await profile.withClient { client in
            let delivery = try await client.resolve(Reporting.room(room, client), note: note)
            try Reporting.delivery(delivery, what: "resolved", json: output.json)
        }
    }
}
