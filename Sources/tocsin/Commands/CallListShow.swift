import ArgumentParser
import CallList
import Client

struct CallListShow: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show who is on this profile's call list.")

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let (list, team) = try client.callList()
            try output.show(CallListView(list, team: team))
        }
    }
}
