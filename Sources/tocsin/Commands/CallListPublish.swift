import ArgumentParser
import Client

struct CallListPublish: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Take in a signed call list and hand it to the relay.")

    @Argument(help: "The call list's file.")
    var file: String

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let bundle = try Files.read(file)
            try Reporting.update(try await client.publishCallList(bundle), client, output)
        }
    }
}
