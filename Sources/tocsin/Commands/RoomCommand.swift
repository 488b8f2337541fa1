import ArgumentParser

struct RoomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "room", abstract: "Who is in a room.", subcommands: [Show.self, Add.self, Remove.self])
}
