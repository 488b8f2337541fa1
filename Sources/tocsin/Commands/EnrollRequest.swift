import ArgumentParser
import CallList
import Client
import Foundation
import Terms

extension Enroll {
    struct Request: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Make a profile with new keys, and a request file.")

        @OptionGroup var root: RootOptions

        @Option(help: "Who or what this device belongs to, for the officers to see.")
        var name: String

        @Flag(help: "A sensor: it sends alerts and reads nothing; locked with a key file instead of a passphrase.")
        var sensor = false

        @Option(name: .customLong("out"), help: "The request's file.")
        var output: String

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var format: OutputOptions

        func execute() async throws {
            let root = try root.load()
            guard !profile.location.exists else {
                throw ClientError(
                    .profileExists, "there is a profile in \(profile.location.directory.path) already",
                    hint: "name another with --profile")
            }
            // Looked at first: keys whose request cannot be written would be of no use.
            try Files.checkIsNew(output)
            let unlock: VaultUnlock
            var newKeyFile: URL?
            if sensor {
                let file = try profile.secrets.keyFileURL()
                if !FileManager.default.fileExists(atPath: file.path) {
                    try KeyFile.create(file)
                    newKeyFile = file
                }
                unlock = .keyFile(file)
            } else {
                let what = "passphrase for the profile in \(profile.location.directory.path)"
                unlock = .passphrase(try profile.secrets.passphrase.readNew(what))
            }
            let made: Enrolment
            do {
                made = try Client.enroll(
                    profile: profile.location, kind: sensor ? .sensor : .person, name: name, root: root, unlock: unlock)
            } catch {
                // A key that opens nothing.
                if let newKeyFile { try? FileManager.default.removeItem(at: newKeyFile) }
                throw error
            }
            try Files.write(made.request, to: output)
            let device = made.client.device
            await made.client.shutdown()
            let view = EnrolmentView(device: device, fingerprint: made.fingerprint, file: output)
            try format.show(view, beside: output)
        }
    }
}
