import ArgumentParser
import Client
import Terms

struct Inbox: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "List open alarms, then rooms, newest first.",
        discussion: "With --json the rooms only: for alarms, see tocsin alarms --json.")

    @Flag(help: "Closed rooms too.")
    var all = false

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let exit = try await Reporting.catchUp(client)
            let rooms = try client.rooms(includingClosed: all)
            if !output.json { try output.show(AlarmsPart(client.alarms(), client)) }
            try output.show(rooms.map { RoomSummaryView($0) })
            if rooms.isEmpty, !output.json { Terminal.note("nothing here") }
            try exit.end()
        }
    }
}
