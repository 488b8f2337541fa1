import ArgumentParser
import CallList
import Client

extension Enroll {
    struct Fingerprint: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the fingerprint of a request file (for an officer), or of this profile's own request.")

        @Argument(help: "A request's file; left out for this profile's own.")
        var file: String?

        @Option(name: .customLong("out"), help: "Write this profile's own request to a file again.")
        var output: String?

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var format: OutputOptions

        func execute() async throws {
            if let file {
                try format.show(EnrolmentRequestView(EnrolmentRequest(verifying: Files.read(file))))
            } else {
                try await profile.withClient { client in
                    let bytes = try client.enrolmentRequest().request
                    if let output { try Files.write(bytes, to: output) }
                    let view = EnrolmentRequestView(try EnrolmentRequest(verifying: bytes))
                    try format.show(view, beside: output ?? "")
                }
            }
        }
    }
}
