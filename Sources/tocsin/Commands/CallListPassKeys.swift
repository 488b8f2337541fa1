import ArgumentParser
import CallList
import Office

struct CallListPassKeys: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "pass-keys",
        abstract: "Pass a signed call list's keys to a new officer, to compare the next one with.",
        discussion: "The file opens for that officer alone: tocsin calllist sign … --passed-keys FILE.")

    @Argument(help: "The signed call list's file.")
    var file: String

    @Option(help: "The key file of the officer who passes them on.")
    var officer: String

    @Option(help: "The new officer's public document.")
    var to: String

    @OptionGroup var root: RootOptions

    @Option(name: .customLong("out"), help: "The new file.")
    var output: String

    @OptionGroup var passphrase: PassphraseOptions

    func execute() async throws {
        let list = try UnverifiedCallList(decoding: Files.read(file)).verify(root: root.load())
        let receiver = try OfficerDocument.read(Files.read(to))
        let key = try passphrase.officerKey(officer)
        try Files.write(PassedViewKeys.make(of: list, by: key.reader, to: receiver), to: output)
    }
}
