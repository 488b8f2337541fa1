import ArgumentParser
import Foundation
import Office
import Terms

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The folder of public documents that a team keeps in its repository.",
        subcommands: [Check.self])

    struct Check: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a folder that holds anything private; for a commit hook or CI.")

        @Argument(help: "The folder.")
        var directory: String

        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let found = try PublicOnlyCheck.findSecrets(in: URL(fileURLWithPath: directory))
            if output.json { try JSON.show(["private": found]) }
            guard found.isEmpty else {
                for file in found { Terminal.note("private material: \(file)") }
                throw CommandError(
                    .inputRefused, "\(directory) holds private material",
                    hint: "take it out of the repository and its history, and replace the keys")
            }
            if !output.json { Terminal.show("\(directory): public documents only") }
        }
    }
}
