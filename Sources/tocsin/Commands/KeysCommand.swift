import ArgumentParser

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The folder of public documents that a team keeps in its repository.",
        subcommands: [Check.self])
}
