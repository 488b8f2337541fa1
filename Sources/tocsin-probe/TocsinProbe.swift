import ArgumentParser
import Client
import Foundation
import RelayAPI
import Sodium
import Terms

/// A developer's and auditor's tool: what can a stolen profile read with a stolen relay?
@main
struct TocsinProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin-probe",
        abstract: "Try to read a relay's database with a profile's keys.",
        discussion: """
            Plays an attacker who has a device's profile, what opens it, and everything that the relay stores. Every Welcome \
            and every entry is tried; the number of events that could be read is printed. Changes neither.
            """)

    @Option(help: "The relay's database.")
    var database: String

    @Option(help: "The profile's directory.")
    var profile: String

    @Option(help: "A file whose first line is the profile's passphrase.")
    var passphraseFile: String?

    @Option(help: "The profile's key file.")
    var keyFile: String?

    @Option(help: "Only this room.")
    var room: String?

    func validate() throws {
        if (passphraseFile == nil) == (keyFile == nil) {
            throw ValidationError("give either --passphrase-file or --key-file")
        }
    }

    func run() async throws {
        do {
            try await probe()
        } catch {
            FileHandle.standardError.write(Data("tocsin-probe: \(error)\n".utf8))
            throw ExitCode(65)
        }
    }

    private func probe() async throws {
        let client = try Client.open(
            Profile(directory: URL(fileURLWithPath: profile, isDirectory: true)), unlock: try unlock())
        let attacker = Attacker(client)
        var readable = 0
        for stored in try StolenDatabase(path: database).rooms() where room == nil || stored.room.description == room {
            let count = try attacker.readable(room: stored.room, welcomes: stored.welcomes, entries: stored.entries)
            print(
                "room \(stored.room.short): \(stored.welcomes.count) Welcomes, \(stored.entries.count) entries, "
                    + "\(count) read")
            readable += count
        }
        print("readable events: \(readable)")
        await client.shutdown()
    }

    private func unlock() throws -> VaultUnlock {
        if let keyFile { return .keyFile(URL(fileURLWithPath: keyFile)) }
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: passphraseFile ?? "")))
        defer { wipe(&bytes) }
        return .passphrase(SecretBytes(bytes.prefix { $0 != 0x0a && $0 != 0x0d }))
    }
}
