import ArgumentParser
import CallList
import Office
import Sodium

extension RootCommand {
    struct Sign: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an officer's signature to a drafted root.",
            discussion: """
                Done when the team is founded, and when officers change: then thresholds of the old and of the new ones sign. \
                Officers compare the digest aloud before they sign: tocsin root show FILE.
                """)

        @Argument(help: "The root's file; the signature is added to it.")
        var file: String

        @Option(help: "The officer's key file.")
        var officer: String

        @Option(help: "The signed root that this one replaces; left out for the first.")
        var previous: String?

        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let draft = try UnverifiedRoot(decoding: Files.read(file))
            let before = try previous.map { try TrustedRoot(verifying: Files.read($0)) }
            let key = try passphrase.officerKey(officer)
            let signed = try draft.adding(signatureBy: key.privateKey, before: before)
            try Files.replace(signed.bytes, at: file)
            try output.show(SignedRootView(signed, before: before))
        }
    }
}
