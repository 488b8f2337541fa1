import ArgumentParser
import Client
import Terms

struct Inbox: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "List open alarms, then rooms, newest first.",
        discussion: "With --json the rooms only: for alarms, see tocsin alarms --json.")

    @Flag(help: "Closed rooms too.")
    var all = false

    @Option(help: "The newest so many rooms only.")
    var limit: Int?

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...Self.mostRooms).contains(limit ?? 1) else {
            throw ValidationError("--limit is 1 to \(Self.mostRooms)")
        }
    }

    private static let mostRooms = 1_000_000

    func execute() async throws {
        try await profile.withClient { client in
            let exit = try await Reporting.catchUp(client)
            // One more, so that it is known whether some are left out.
            let found = try client.rooms(includingClosed: all, limit: limit.map { $0 + 1 })
            let rooms = limit.map { Array(found.prefix($0)) } ?? found
            if !output.json { try output.show(AlarmsPart(client.alarms(), client)) }
            try output.show(rooms.map { RoomSummaryView($0) })
            if found.count > rooms.count { Terminal.note("older ones are left out: without --limit all are shown") }
            if rooms.isEmpty, !output.json { Terminal.note("nothing here") }
            try exit.end()
        }
    }
}
