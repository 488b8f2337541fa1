import ArgumentParser
import Client

struct CallListImport: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take in a signed call list from a file; no relay is needed.")

    @Argument(help: "The call list's file.")
    var file: String

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let bundle = try Files.read(file)
            try Reporting.update(try client.importCallList(bundle), client, output)
        }
    }
}
