import ArgumentParser
import Client

extension AlarmsCommand {
    struct Close: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close an alarm. The same found again is a new one.")

        @Argument(help: "The alarm's number.")
        var number: Int

        @Option(help: "What was found out, or why nothing more is to be done; kept with your name and the time.")
        var reason: String

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                try output.show(AlarmView(client.close(alarm: number, reason: reason), client))
            }
        }
    }
}
