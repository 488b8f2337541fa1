import ArgumentParser
import Client
import Terms

struct Unack: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take an acknowledgement back: the escalation goes on as if it had never been given.")

    @OptionGroup var page: PageOptions

    @Option(name: .customLong("of"), help: "Whose: a member's id on the call list. Without it your own.")
    var member: MemberID?

    func execute() async throws {
        try await page.withPage { client, page in
            let delivery = try await client.unacknowledge(page, of: member)
            try Reporting.delivery(delivery, what: "acknowledgement taken back", self.page.output)
        }
    }
}
