import ArgumentParser
import Client

extension RoomCommand.Lead {
    struct Missing: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that none of those who lead has written for 12 hours, so that another may take the lead.")

        @OptionGroup var lead: LeadOptions

        func execute() async throws {
            try await lead.profile.withClient { client in
                let room = try await Reporting.room(lead.room.text, client)
                let delivery = try await client.sayNoLead(in: room)
                try Reporting.delivery(delivery, what: "said that no lead is left", lead.output)
            }
        }
    }
}
