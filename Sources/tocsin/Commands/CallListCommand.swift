import ArgumentParser

struct CallListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calllist", abstract: "The call list: who is on the team, with which devices.",
        discussion: """
            Officers compile a reviewed YAML source, sign it, and publish it. Members' devices fetch it from the relay by \
            themselves, or take it in from a file.
            """,
        subcommands: [
            CallListCompile.self, CallListSign.self, CallListDiff.self, CallListPassKeys.self, CallListCheck.self,
            CallListShow.self, CallListPublish.self, CallListImport.self,
        ])
}
