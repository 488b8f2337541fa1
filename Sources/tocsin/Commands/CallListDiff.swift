import ArgumentParser
import CallList
import Client
import Office
import Terms

struct CallListDiff: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say in words what one version of a call list changes against another.",
        discussion: "A member opens both with their profile, an officer with --officer, --root and --root-digest.")

    @Argument(help: "The earlier version's file.")
    var before: String

    @Argument(help: "The later version's file; it need not be signed yet.")
    var after: String

    @Option(help: "An officer's key file, in place of a profile.")
    var officer: String?

    @Option(help: "The officers' signed root, with --officer.")
    var root: String?

    @Option(help: "Its digest, with --officer.")
    var rootDigest: String?

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (officer == nil) == (root == nil), (root == nil) == (rootDigest == nil) else {
            throw ValidationError("--officer, --root and --root-digest are given together")
        }
    }

    func execute() async throws {
        let files = try (Files.read(before), Files.read(after))
        if let officer, let root, let rootDigest {
            let pinned = try TrustedRoot(verifying: Files.read(root), pinnedDigest: rootDigest)
            let key = try profile.secrets.passphrase.officerKey(officer)
            try show(files, pinned, key.reader)
        } else {
            try await profile.withClient { client in
                try show(files, client.pinnedRoot, client.viewReader)
            }
        }
    }

    private func show(
        _ files: (before: [UInt8], after: [UInt8]), _ root: TrustedRoot, _ reader: ViewReader
    ) throws {
        let earlier = try OpenedCallList(UnverifiedCallList(decoding: files.before).verify(root: root), reader: reader)
        let unverified = try UnverifiedCallList(decoding: files.after)
        let list = try unverified.preview(root: root)
        if unverified.signatureCount(root: root) < list.root.threshold {
            Terminal.note("\(after) is not signed by enough officers yet")
        }
        let later = try OpenedCallList(list, reader: reader)
        try output.show(CallListChangesView(CallListChanges(from: earlier, to: later), of: list))
    }
}
