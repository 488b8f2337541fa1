import ArgumentParser
import Client

extension RoomCommand {
    struct Remove: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take people out of an incident room. They read nothing that comes later.")

        @OptionGroup var people: MembersOptions

        func execute() async throws {
            try await people.withMembers { client, room, members in
                switch try await client.removeMembers(members, from: room) {
                case .done(let delivery): try Reporting.delivery(delivery, what: "removed", people.output)
                case .asked(let delivery):
                    if case .accepted = delivery {
                        Terminal.note("you took the lead: one more who did must do the same, and they are out by that")
                    }
                    try Reporting.delivery(delivery, what: "removal asked for", people.output)
                }
            }
        }
    }
}
