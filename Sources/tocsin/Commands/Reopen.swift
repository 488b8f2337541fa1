import ArgumentParser
import Client

struct Reopen: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a page go on that has ended: for an hour after its end, whoever was called may.")

    @OptionGroup var page: PageOptions

    func execute() async throws {
        try await page.withPage { client, page in
            try Reporting.delivery(try await client.reopen(page), what: "reopened", self.page.output)
        }
    }
}
