import ArgumentParser
import Client

extension AlarmsCommand {
    struct Show: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an alarm: what was found, what it means, what to do.")

        @Argument(help: "The alarm's number.")
        var number: Int

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                let alarm = try client.alarm(number)
                if output.json {
                    try output.show(AlarmView(alarm, client))
                } else {
                    try output.show(AlarmDetailView(alarm, client))
                }
            }
        }
    }
}
