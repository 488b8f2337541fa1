import ArgumentParser
import CallList
import Foundation
import Logging
import Platform
import Relay

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set a relay up again from a copy that `backup` made.",
        discussion: """
            Keys, call lists and enrolments come back, and nothing of rooms: the relay cannot know what it has given out \
            since. Its next start begins a new generation; clients notice, page again what nobody has seen, and say so.
            """)

    @Option(help: "The folder that `backup` made.")
    var from: String

    @Option(help: "The new data directory; must not exist.")
    var data: String

    @Option(help: "The officers' signed root.")
    var root: String

    @Option(help: "Its digest, as the officers told it by another way.")
    var rootDigest: String

    @Option(
        name: .customLong("calllist"),
        help: "The newest call list. Where the copy is older by several, each of them, in their order.")
    var callLists: [String]

    func run() async throws {
        umask(0o077)
        do {
            let version = try await RelayBackup.restore(
                from: URL(fileURLWithPath: from), to: URL(fileURLWithPath: data),
                root: try TrustedRoot(
                    verifying: NewFile.read(URL(fileURLWithPath: root), limit: CallListLimits.bundleBytes),
                    pinnedDigest: rootDigest),
                callLists: try callLists.map {
                    try NewFile.read(URL(fileURLWithPath: $0), limit: CallListLimits.bundleBytes)
                }, logger: Logger(label: "tocsin-relay"))
            print("restored to \(data), with call list \(version): start it with `serve`")
        } catch {
            throw report(error)
        }
    }

    func validate() throws {
        guard !callLists.isEmpty else { throw ValidationError("--calllist: the newest is needed") }
    }
}
