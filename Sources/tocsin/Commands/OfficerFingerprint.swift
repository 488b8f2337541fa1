import ArgumentParser
import CallList
import Foundation
import Office

extension OfficerCommand {
    struct Fingerprint: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print an officer's fingerprint, of a key file or of a public document.",
            discussion: "Officers read theirs to each other by voice before they sign a root.")

        @Argument(help: "The key file, or the public document.")
        var file: String

        @OptionGroup var output: OutputOptions

        func execute() async throws {
            let bytes = try Files.read(file)
            let officer =
                try (try? OfficerDocument.read(bytes))
                ?? OfficerDocument.read(OfficerKey.publicDocument(of: URL(fileURLWithPath: file)))
            try output.show(OfficerFingerprintView(officer))
        }
    }
}
