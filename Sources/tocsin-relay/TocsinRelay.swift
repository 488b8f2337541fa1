import ArgumentParser
import Platform

@main
struct TocsinRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin-relay",
        abstract: "A relay for Tocsin: stores and forwards what it cannot read.",
        discussion: """
            Set up once with `init`; give the relay.json that it writes to the officers, who put it on the call list.
            Then `serve`. The data directory holds the relay's identity: guard it.
            """,
        subcommands: [Init.self, Serve.self, Backup.self, Restore.self])

    static func main() async {
        ProcessSecrecy.begin()
        await main(nil)
    }
}
