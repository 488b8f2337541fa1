import ArgumentParser
import Client
import Escalation
import Foundation
import Incident
import RelayAPI
import Terms

extension RoomCommand {
    struct Remove: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take people out of an incident room. They read nothing that comes later.")

        @Argument(help: "The room: its id, or the id's first digits.")
        var room: RoomArgument

        @Argument(help: "Members' ids on the call list.")
        var members: [MemberID]

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                try await Reporting.catchUp(client)
                let delivery = try await client.removeMembers(members, from: client.room(matching: room.text))
                try Reporting.delivery(delivery, what: "removed", output)
            }
        }
    }
}
