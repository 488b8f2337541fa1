import ArgumentParser
import Client
import Incident
import Terms

struct Page: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Page people by a policy of the call list: a notice that somebody must acknowledge.")

    @Option(help: "The policy: whom to call, and whom next if nobody answers.")
    var policy: String

    @Option(help: "What it is about, in one line.")
    var title: String

    @Option(help: "More about it; - reads standard input.")
    var summary = ""

    @Option(help: "info, low, medium, high or critical.")
    var severity: Severity = .high

    @Option(help: "CLEAR, GREEN, AMBER, AMBER+STRICT or RED.")
    var tlp: TLP = .amber

    @Flag(help: "Mark it as an exercise.")
    var exercise = false

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let summary = try Text.argument(summary)
            let draft = PageDraft(title: title, summary: summary, severity: severity, tlp: tlp, exercise: exercise)
            try Reporting.posted(try await client.page(draft, policy: policy), what: "page", output)
        }
    }
}
