import ArgumentParser
import Foundation
import Office
import Sodium

extension OfficerCommand {
    struct Create: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an officer's key, sealed under a passphrase.",
            discussion: "Keep the key file offline. Only the public document leaves the officer's hands.")

        @Option(name: .customLong("out"), help: "The new key file.")
        var output: String

        @Option(name: .customLong("public-out"), help: "Where to write the public document too.")
        var publicOutput: String?

        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var format: OutputOptions

        func execute() async throws {
            let url = URL(fileURLWithPath: output)
            // Looked at first: nobody chooses a passphrase for nothing.
            try Files.checkIsNew(output)
            if let publicOutput { try Files.checkIsNew(publicOutput) }
            let key = try OfficerKey.create(
                at: url, passphrase: passphrase.readNew("passphrase for the officer's key \(output)"))
            if let publicOutput { try Files.write(OfficerKey.publicDocument(of: url), to: publicOutput) }
            try format.show(OfficerKeyView(key.privateKey.publicKey, file: output))
        }
    }
}
