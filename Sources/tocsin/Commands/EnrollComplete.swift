import ArgumentParser
import Client
import Terms

extension Enroll {
    struct Complete: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in the call list that has this device, and offer key packages to the relay.")

        @Option(name: .customLong("calllist"), help: "The signed call list's file.")
        var callList: String

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                let bundle = try Files.read(callList)
                try Reporting.update(try client.importCallList(bundle), client, output)
                do {
                    try await client.sync()
                } catch let error as ClientError where error.code == .relayUnreachable {
                    Terminal.complain(
                        error.reason,
                        hint: "nobody can page this device yet: run `tocsin status` when the relay can be reached")
                    throw ExitCode(ExitStatus.queued.rawValue)
                }
            }
        }
    }
}
