import ArgumentParser
import CallList

extension RootCommand {
    struct Show: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a root's digest and who signed it, also before it is signed.")

        @Argument(help: "The root's file.")
        var file: String

        @Option(help: "The signed root that this one replaces: whether its officers signed this one too.")
        var previous: String?

        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let root = try UnverifiedRoot(decoding: Files.read(file))
            try output.show(RootView(root, before: previous.map { try TrustedRoot(verifying: Files.read($0)) }))
        }
    }
}
