import ArgumentParser
import Client

extension DeviceCommand {
    struct Renew: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new sealing key for this device, and the file that the officers need.",
            discussion: """
                Call lists are sealed to it; it should be no older than 90 days. The officers name the file as the device's \
                `sealing:`; no fingerprint is compared, since the device signs it. The keys before it stay for the lists before.
                """)

        @Option(name: .customLong("out"), help: "The new file.")
        var output: String

        @OptionGroup var profile: ProfileOptions

        func execute() async throws {
            try Files.checkIsNew(output)
            try await profile.withClient { client in
                try Files.write(client.renewSealingKey(), to: output)
            }
        }
    }
}
