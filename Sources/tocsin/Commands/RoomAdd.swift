import ArgumentParser
import Client

extension RoomCommand {
    struct Add: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Admit people to an incident room. They read what comes from now on.")

        @OptionGroup var people: MembersOptions

        func execute() async throws {
            try await people.withMembers { client, room, members in
                let delivery = try await client.addMembers(members, to: room)
                try Reporting.delivery(delivery, what: "added", people.output)
            }
        }
    }
}
