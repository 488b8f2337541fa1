import ArgumentParser
import Foundation
import Relay

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a relay, while it runs or not.",
        discussion: """
            The copy holds the relay's identity: guard it as the relay itself. See `restore` for what comes back from it.
            """)

    @Option(help: "The relay's data directory.")
    var data: String

    @Option(name: .customLong("out"), help: "Folder for the copy; must not exist.")
    var output: String

    func run() async throws {
        umask(0o077)
        do {
            try await RelayBackup.make(of: URL(fileURLWithPath: data), in: URL(fileURLWithPath: output))
            print("copied to \(output): keep it as secret as the relay itself")
        } catch {
            throw report(error)
        }
    }
}
