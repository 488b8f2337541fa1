import ArgumentParser
import CallList
import Office
import Sodium

extension RootCommand {
    struct Sign: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at a drafted root, and add an officer's signature.",
            discussion: """
                Done when the team is founded, and when officers change: then thresholds of the old and of the new ones sign. \
                All read the digest that is shown aloud before they sign. Each new officer's fingerprint is typed as it was \
                heard from them, by voice; where nobody is at a terminal, --confirm gives it.
                """)

        @Argument(help: "The root's file; the signature is added to it.")
        var file: String

        @Option(help: "The officer's key file.")
        var officer: String

        @Option(help: "The signed root that this one replaces; left out for the first.")
        var previous: String?

        @OptionGroup var signing: SigningOptions
        @OptionGroup var passphrase: PassphraseOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let draft = try UnverifiedRoot(decoding: Files.read(file))
            let before = try previous.map { try TrustedRoot(verifying: Files.read($0)) }
            let key = try passphrase.officerKey(officer).privateKey
            let review = try RootReview(draft, before: before, signer: key.publicKey)
            // For whoever signs to look at, whatever becomes of it.
            Terminal.tell(RootReviewView(review).lines.joined(separator: "\n"))
            let heard = try signing.heard(
                review.newOfficers.map { officer in
                    SigningOptions.Subject(
                        owner: "the officer \(Fingerprint.masked(officer.fingerprint))", reader: "that officer",
                        fingerprint: officer.fingerprint)
                }, each: "officer")
            try signing.ask("Sign this root?")
            let signed = try review.signed(by: key, confirmed: heard)
            try Files.replace(signed.bytes, at: file)
            try output.show(SignedRootView(signed, before: before))
        }
    }
}
