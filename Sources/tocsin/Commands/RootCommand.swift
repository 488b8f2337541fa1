import ArgumentParser

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "root", abstract: "The trust anchor: which officers must sign a call list.",
        subcommands: [Create.self, Rotate.self, Sign.self, Show.self])
}
