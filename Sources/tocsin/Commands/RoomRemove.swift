import ArgumentParser
import Client

extension RoomCommand {
    struct Remove: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take people out of an incident room. They read nothing that comes later.")

        @OptionGroup var people: MembersOptions

        func execute() async throws {
            try await people.withMembers { client, room, members in
                let delivery = try await client.removeMembers(members, from: room)
                try Reporting.delivery(delivery, what: "removed", people.output)
            }
        }
    }
}
