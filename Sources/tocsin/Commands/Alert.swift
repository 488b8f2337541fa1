import ArgumentParser
import Client
import Gateway
import Terms

struct Alert: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Page people for a tool: an alert from standard input.",
        discussion: """
            For a sensor's profile. Whom it pages is the call list's to say. Repeats of the same trouble join the page \
            that is open; a format that says the trouble is over resolves it.
            """)

    @Option(help: "alertmanager (its webhook's body), json, or text (first line title, rest summary).")
    var format = AlertFormat(TextReader.self)

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let input = try format.reader.read(Files.readStandardInput(limit: AlertReaders.maximumBytes))
            // One that fails must not keep the others from being sent, or queued.
            var exit = ExitCode.success
            for item in input.items {
                do {
                    try report(try await send(item, client))
                } catch let code as ExitCode {
                    exit = exit == .success ? code : exit
                } catch {
                    let failure = Ending(error)
                    Terminal.complain(failure.reason, hint: failure.hint)
                    exit = ExitCode(failure.status.rawValue)
                }
            }
            try exit.end()
        }
    }

    private func send(_ item: AlertInput.Item, _ client: Client) async throws -> AlertOutcome {
        switch item {
        case .page(let draft): try await client.alert(draft)
        case .resolved(let key, let note): try await client.resolveAlert(deduplicationKey: key, note: note)
        }
    }

    private func report(_ outcome: AlertOutcome) throws {
        switch outcome {
        case .paged(let posted): try Reporting.posted(posted, what: "page", output)
        case .repeated(let posted): try Reporting.posted(posted, what: "repeat in page", output)
        case .resolved(let posted): try Reporting.posted(posted, what: "resolved page", output)
        case .nothingToResolve:
            try output.show(DoneView.nothingToResolve)
        }
    }
}
