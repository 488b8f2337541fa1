import ArgumentParser
import CallList
import Client
import Foundation
import Terms

struct Enroll: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring this device onto the call list.",
        discussion: """
            `request` makes the device's keys and a request file for the officers. The person reads the fingerprint to an \
            officer by voice; the officers sign a call list that has it. `complete` takes that list in.
            """,
        subcommands: [Request.self, Fingerprint.self, Complete.self])

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
            if format.json {
                try JSON.show(["device": device.description, "fingerprint": made.fingerprint, "request": output])
            } else {
                Terminal.show("device \(device.short); request in \(output)")
                Terminal.show("fingerprint \(made.fingerprint)")
                Terminal.show("read the fingerprint to an officer by voice")
                Terminal.show("once the officers have signed: tocsin enroll complete --calllist FILE")
            }
        }
    }

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
                try show(EnrolmentRequest(verifying: Files.read(file)))
            } else {
                try await profile.withClient { client in
                    let bytes = try client.enrolmentRequest().request
                    if let output { try Files.write(bytes, to: output) }
                    try show(EnrolmentRequest(verifying: bytes))
                }
            }
        }

        private func show(_ request: EnrolmentRequest) throws {
            if format.json {
                return try JSON.show([
                    "device": request.device.description, "kind": request.kind.rawValue, "name": request.claimedName,
                    "fingerprint": request.fingerprint,
                ])
            }
            let name = Sanitised.line(request.claimedName)
            Terminal.show("\(request.kind.rawValue) \(request.device.short), says it is \(name)")
            Terminal.show("fingerprint \(request.fingerprint)")
        }
    }

    struct Complete: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in the call list that has this device, and offer key packages to the relay.")

        @Option(name: .customLong("calllist"), help: "The signed call list's file.")
        var callList: String

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                let bundle = try Files.read(callList)
                try Reporting.update(try client.importCallList(bundle), json: output.json)
                do {
                    try await client.sync()
                } catch let error as ClientError where error.code == .relayUnreachable {
                    Terminal.complain(
                        error.reason,
                        hint: "nobody can page this device yet: run `tocsin status` when the relay can be reached")
                    throw ExitCode(ExitStatus.queued.rawValue)
                }
            }
        }
    }
}
