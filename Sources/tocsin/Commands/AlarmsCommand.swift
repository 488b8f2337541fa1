import ArgumentParser

struct AlarmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms", abstract: "What Tocsin itself is not sure of, until somebody closes it.",
        subcommands: [List.self, Show.self, Close.self], defaultSubcommand: List.self)
}
