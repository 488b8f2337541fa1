import ArgumentParser
import Client

struct Escalate: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Call the next step of a page at once.")

    @OptionGroup var page: PageOptions

    func execute() async throws {
        try await page.withPage { client, page in
            try await client.escalate(page)
            try self.page.output.show(DoneView.escalated(page))
        }
    }
}
