import ArgumentParser
import Client

struct Escalate: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Call the next step of a page at once.")

    @Argument(help: "The page: its id, or the id's first digits.")
    var room: String

    @OptionGroup var profile: ProfileOptions

    func execute() async throws {
        try await profile.withClient { client in
            try await Reporting.catchUp(client)
            try await client.escalate(client.room(matching: room))
            Terminal.show("the next step is called")
        }
    }
}
