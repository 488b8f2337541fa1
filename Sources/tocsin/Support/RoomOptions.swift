import ArgumentParser
import Client
import Terms

/// The page that a command does something to.
struct PageOptions: ParsableArguments {
    @Argument(help: "The page: its id, or the id's first digits.")
    var room: RoomArgument

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func withPage(_ body: (Client, RoomID) async throws -> Void) async throws {
        try await profile.withClient { try await body($0, Reporting.room(room.text, $0)) }
    }
}

/// A room, and people who come or go.
struct MembersOptions: ParsableArguments {
    @Argument(help: "The room: its id, or the id's first digits.")
    var room: RoomArgument

    @Argument(help: "Members' ids on the call list.")
    var members: [MemberID]

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    /// Who is in the room is known only once all is read.
    func withMembers(_ body: (Client, RoomID, [MemberID]) async throws -> Void) async throws {
        try await profile.withClient { client in
            try await Reporting.catchUp(client)
            try await body(client, client.room(matching: room.text), members)
        }
    }
}
