import ArgumentParser
import Client
import Incident
import Terms

struct Open: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open an incident room, with yourself as its lead.",
        discussion: "Who is on a page is not in the room by that: name them with --with, or add them later.")

    @Option(name: .customLong("from"), help: "The page that it comes from; its notice goes along.")
    var page: RoomArgument?

    @Option(help: "What it is about, in one line.")
    var title: String

    @Option(name: .customLong("with"), help: "A member's id on the call list; once for each.")
    var members: [MemberID] = []

    @Option(help: "The highest level that may be said in it: CLEAR, GREEN, AMBER, AMBER+STRICT or RED.")
    var tlp: TLP = .amber

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            try await Reporting.catchUp(client)
            let from = try page.map { try client.room(matching: $0.text) }
            let posted = try await client.openIncident(title: title, from: from, tlp: tlp, members: members)
            try Reporting.posted(posted, what: "incident", output)
        }
    }
}
