import ArgumentParser
import Client

extension RoomCommand.Lead {
    struct Take: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the lead; where its leads are still listed, say first that none has written for 12 hours.")

        @OptionGroup var lead: LeadOptions

        func execute() async throws {
            try await lead.profile.withClient { client in
                let room = try await Reporting.room(lead.room.text, client)
                switch try await client.takeLead(of: room) {
                case .taken(let delivery): try Reporting.delivery(delivery, what: "lead taken", lead.output)
                case .said(let delivery):
                    if case .accepted = delivery {
                        Terminal.note("one more who may lead must say so, with tocsin room lead missing or take")
                    }
                    try Reporting.delivery(delivery, what: "said that no lead is left", lead.output)
                }
            }
        }
    }
}
