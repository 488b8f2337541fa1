import ArgumentParser
import CallList
import Office
import Terms

struct CallListSign: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Look at a compiled call list and add an officer's signature.")

    @Argument(help: "The call list's file; the signature is added to it.")
    var file: String

    @Option(help: "The officer's key file.")
    var officer: String

    @OptionGroup var root: RootOptions

    @Option(help: "The signed version that this one follows: shows what changes, and refuses a wrong order.")
    var previous: String?

    @Flag(help: "Sign without asking.")
    var yes = false

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let root = try root.load()
        let unsigned = try UnverifiedCallList(decoding: Files.read(file))
        let list = try unsigned.preview(root: root)
        let before = try previous.map { try UnverifiedCallList(decoding: Files.read($0)).verify(root: root) }
        if let before { try list.checkSucceeds(before) }
        // For whoever signs to look at, whatever becomes of it.
        Terminal.tell(CallListPreview(list, before: before).lines(in: Style()).joined(separator: "\n"))
        let hint = "answer y, or give --yes where nobody is asked"
        guard try yes || Prompt.open(orElse: hint, { $0.confirms("Sign this call list?") }) else {
            throw CommandError(.notPermitted, "not signed", hint: hint)
        }
        let key = try passphrase.officerKey(officer)
        let signed = try unsigned.adding(signatureBy: key.privateKey, root: root)
        try Files.replace(signed, at: file)
        let count = try UnverifiedCallList(decoding: signed).signatureCount(root: root)
        let view = SignedCallListView(
            version: list.version, digest: list.digest, signatures: count, threshold: root.threshold)
        try output.show(view)
    }
}
