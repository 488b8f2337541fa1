import ArgumentParser
import Foundation
import Office
import Terms

extension KeysCommand {
    struct Check: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a folder that holds anything private; for a commit hook or CI.")

        @Argument(help: "The folder.")
        var directory: String

        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let found = try PublicOnlyCheck.findSecrets(in: URL(fileURLWithPath: directory))
            try output.show(PrivateFilesView(found, in: directory))
            guard found.isEmpty else {
                for file in found { Terminal.note("private material: \(file)") }
                throw CommandError(
                    .inputRefused, "\(directory) holds private material",
                    hint: "take it out of the repository and its history, and replace the keys")
            }
        }
    }
}
