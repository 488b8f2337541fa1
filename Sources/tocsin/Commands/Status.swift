import ArgumentParser
import Client
import Terms

struct Status: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Show how this device stands, and catch up.")

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let status = try await client.status()
            try output.show(StatusView(status, client))
            if status.callListVersion == nil { throw ExitCode(ExitStatus.notConfigured.rawValue) }
            if let trouble = status.relay?.trouble { throw ExitCode(Ending(trouble).status.rawValue) }
        }
    }
}
