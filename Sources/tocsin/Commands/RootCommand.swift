import ArgumentParser
import CallList
import DSSE
import Foundation
import Office
import Sodium

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "root", abstract: "The trust anchor: which officers must sign a call list.",
        subcommands: [Create.self, Sign.self, Show.self])

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
            let keys = try officer.map { try OfficerKey.publicKey(from: Files.read($0)) }
            let draft = try TrustedRoot.draft(officers: keys, threshold: threshold)
            try Files.write(draft.encoded(), to: output)
            if format.json {
                return try JSON.show(["threshold": threshold, "officers": keys.count, "signatures": 0])
            }
            Terminal.show("root of \(threshold) of \(keys.count) officers in \(output), not signed yet")
        }
    }

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
            if output.json {
                return try JSON.show(["signatures": signed.signatures, "digest": signed.digest])
            }
            Terminal.show("signed by \(signed.signatures) of the root's officers; digest \(signed.digest)")
        }
    }

    struct Show: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Check a root and show its digest.")

        @Argument(help: "The root's file.")
        var file: String

        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let root = try TrustedRoot(verifying: Files.read(file))
            if output.json {
                try JSON.show([
                    "version": root.version, "digest": root.digest, "threshold": root.threshold,
                    "officers": root.officers.map { Hexadecimal.encode($0.bytes) },
                ])
            } else {
                Terminal.show("root \(root.version): \(root.threshold) of \(root.officers.count) officers must sign")
                Terminal.show("digest \(root.digest)")
                for officer in root.officers { Terminal.show("officer \(Hexadecimal.encode(officer.bytes))") }
            }
        }
    }
}
