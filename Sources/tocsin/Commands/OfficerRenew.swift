import ArgumentParser
import Foundation
import Office

extension OfficerCommand {
    struct Renew: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new sealing key for an officer: best at each signing.",
            discussion: """
                Call lists are sealed to it, so that the officer can check them. The key before it is kept until the next renewal, \
                for the list in force; older ones are forgotten. The new public document goes to whoever compiles the next list.
                """)

        @Argument(help: "The officer's key file; it is replaced.")
        var file: String

        @Option(name: .customLong("public-out"), help: "Where to write the new public document.")
        var publicOutput: String

        @OptionGroup var passphrase: PassphraseOptions

        func execute() async throws {
            try Files.checkIsThere(file)
            try Files.checkIsNew(publicOutput)
            let url = URL(fileURLWithPath: file)
            _ = try OfficerKey.renew(url, passphrase: passphrase.read("passphrase of the officer's key \(file)"))
            try Files.write(OfficerKey.publicDocument(of: url), to: publicOutput)
        }
    }
}
