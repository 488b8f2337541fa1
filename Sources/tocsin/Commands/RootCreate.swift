import ArgumentParser
import CallList
import DSSE
import Office

extension RootCommand {
    struct Create: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Draft a root, for its officers to sign.")

        @Option(help: "An officer's public document; once for each officer.")
        var officer: [String]

        @Option(help: "How many officers must sign; more than half.")
        var threshold: Int

        @Option(name: .customLong("out"), help: "The new root's file.")
        var output: String

        @OptionGroup var format: OutputOptions

        func execute() async throws {
            let keys = try officer.map { try OfficerDocument.read(Files.read($0)).key }
            let draft = try TrustedRoot.draft(officers: keys, threshold: threshold)
            try Files.write(draft.encoded(), to: output)
            let view = DraftedRootView(threshold: threshold, officers: keys.count, file: output)
            try format.show(view, beside: output)
        }
    }
}
