import ArgumentParser
import CallList

extension RootCommand {
    struct Show: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Check a root and show its digest.")

        @Argument(help: "The root's file.")
        var file: String

        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let root = try TrustedRoot(verifying: Files.read(file))
            try output.show(RootView(root))
        }
    }
}
