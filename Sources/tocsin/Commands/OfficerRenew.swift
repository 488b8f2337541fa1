import ArgumentParser
import CallList
import Foundation
import Office

extension OfficerCommand {
    struct Renew: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new sealing key for an officer: best at each signing.",
            discussion: """
                Call lists are sealed to it, so that the officer can check them. It is renewed only where the list in force names \
                the newest; the keys before it are kept for the lists before. The new public document goes to whoever \
                compiles the next list.
                """)

        @Argument(help: "The officer's key file; it is replaced.")
        var file: String

        @Option(name: .customLong("calllist"), help: "The signed call list in force.")
        var callList: String

        @OptionGroup var root: RootOptions

        @Option(name: .customLong("public-out"), help: "Where to write the new public document.")
        var publicOutput: String

        @OptionGroup var passphrase: PassphraseOptions

        func execute() async throws {
            let list = try UnverifiedCallList(decoding: Files.read(callList)).verify(root: root.load())
            try Files.checkIsThere(file)
            try Files.checkIsNew(publicOutput)
            let url = URL(fileURLWithPath: file)
            try OfficerKey.renew(
                url, passphrase: passphrase.read("passphrase of the officer's key \(file)"), inForce: list)
            try Files.write(OfficerKey.publicDocument(of: url), to: publicOutput)
        }
    }
}
