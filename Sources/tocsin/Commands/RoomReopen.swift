import ArgumentParser
import Client

extension RoomCommand {
    struct Reopen: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open an incident room in the place of one that its relay has lost, with those who were in it.",
            discussion: "They follow by themselves. What was said before stays readable in the old one.")

        @OptionGroup var lead: LeadOptions

        func execute() async throws {
            try await lead.profile.withClient { client in
                let room = try await Reporting.room(lead.room.text, client)
                try Reporting.posted(try await client.reopenRoom(room), what: "room", lead.output)
            }
        }
    }
}
