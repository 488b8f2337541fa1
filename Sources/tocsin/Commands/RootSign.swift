import ArgumentParser
import CallList
import Office
import Sodium

extension RootCommand {
    struct Sign: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an officer's signature to a drafted root.",
            discussion: "Done once, when the team is founded. Officers compare the digest aloud before they sign.")

        @Argument(help: "The root's file; the signature is added to it.")
        var file: String

        @Option(help: "The officer's key file.")
        var officer: String

        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let draft = try Files.read(file)
            let key = try passphrase.officerKey(officer)
            let signed = try TrustedRoot.adding(signatureBy: key.privateKey, to: draft)
            try Files.replace(signed.envelope, at: file)
            try output.show(SignedRootView(signatures: signed.signatures, digest: signed.digest))
        }
    }
}
