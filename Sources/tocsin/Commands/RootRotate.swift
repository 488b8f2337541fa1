import ArgumentParser
import CallList
import DSSE
import Office

extension RootCommand {
    struct Rotate: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draft the root that replaces another, for the officers of both to sign.",
            discussion: """
                For an officer who is lost, robbed, retired or new. Thresholds of the old and of the new officers sign it; the next \
                call list is compiled with --new-root, and all devices and relays follow by themselves.
                """)

        @Option(help: "The signed root that is replaced.")
        var previous: String

        @Option(help: "An officer's public document; once for each officer from now on.")
        var officer: [String]

        @Option(help: "How many officers must sign; more than half.")
        var threshold: Int

        @Option(name: .customLong("out"), help: "The new root's file.")
        var output: String

        @OptionGroup var format: OutputOptions

        func execute() async throws {
            let before = try TrustedRoot(verifying: Files.read(previous))
            let keys = try officer.map { try OfficerDocument.read(Files.read($0)).key }
            let draft = try TrustedRoot.draft(officers: keys, threshold: threshold, after: before)
            try Files.write(draft.encoded(), to: output)
            let view = DraftedRootView(threshold: threshold, officers: keys.count, file: output)
            try format.show(view, beside: output)
        }
    }
}
