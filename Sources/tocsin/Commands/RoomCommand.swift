import ArgumentParser

struct RoomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "room", abstract: "Who is in a room, and who leads it.",
        subcommands: [Show.self, Add.self, Remove.self, Lead.self, Reopen.self])
}
