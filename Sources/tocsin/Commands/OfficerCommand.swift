import ArgumentParser

struct OfficerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "officer", abstract: "The keys of call list officers.",
        subcommands: [Create.self, Public.self, Fingerprint.self, Renew.self])
}
