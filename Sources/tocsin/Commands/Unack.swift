import ArgumentParser
import Client

struct Unack: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Take your acknowledgement back: the escalation goes on.")

    @OptionGroup var page: PageOptions

    func execute() async throws {
        try await page.withPage { client, page in
            let delivery = try await client.unacknowledge(page)
            try Reporting.delivery(delivery, what: "acknowledgement taken back", self.page.output)
        }
    }
}
