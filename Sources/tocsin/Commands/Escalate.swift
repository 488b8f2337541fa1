import ArgumentParser
import Client

struct Escalate: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Call the next step of a page at once.")

    @OptionGroup var page: PageOptions

    func execute() async throws {
        try await page.withPage { client, page in
            try Reporting.delivery(
                try await client.escalate(page), what: "the next step is to be called", self.page.output)
        }
    }
}
