import ArgumentParser
import Client

struct Ack: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Say that you have it: stops the escalation.")

    @OptionGroup var page: PageOptions

    func execute() async throws {
        try await page.withPage { client, page in
            try Reporting.delivery(try await client.acknowledge(page), what: "acknowledged", self.page.output)
        }
    }
}
