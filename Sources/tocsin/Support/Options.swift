import ArgumentParser
import CallList
import Client
import Foundation
import Sodium
import Terms

/// Which profile, and what opens it.
struct ProfileOptions: ParsableArguments {
    @Option(help: "The profile's directory (else TOCSIN_HOME, else the XDG data directory).")
    var profile: String?

    @OptionGroup var secrets: SecretOptions

    var location: Profile {
        Profile.locate(explicit: profile, environment: ProcessInfo.processInfo.environment)
    }

    /// Opens the profile for `body`, and ends its connections whatever happens.
    func withClient<T>(_ body: (Client) async throws -> T) async throws -> T {
        let location = location
        let unlock = try secrets.unlock(location.protection())
        let client = try Client.open(location, unlock: unlock)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

/// Where a profile's secret comes from.
struct SecretOptions: ParsableArguments {
    @OptionGroup var passphrase: PassphraseOptions

    @Option(help: "A sensor's key file (else TOCSIN_KEY_FILE).")
    var keyFile: String?

    func unlock(_ protection: VaultProtection) throws -> VaultUnlock {
        switch protection {
        case .passphrase: .passphrase(try passphrase.read("passphrase"))
        case .keyFile: .keyFile(try keyFileURL())
        }
    }

    func keyFileURL() throws -> URL {
        guard let path = keyFile ?? ProcessInfo.processInfo.environment["TOCSIN_KEY_FILE"], !path.isEmpty else {
            throw CommandError(
                .notPermitted, "a sensor's profile is locked with a key file",
                hint: "--key-file FILE, or TOCSIN_KEY_FILE")
        }
        return URL(fileURLWithPath: path)
    }
}

/// Where a passphrase comes from: a file that is named, never a value in arguments or environment; else a person.
struct PassphraseOptions: ParsableArguments {
    @Option(help: "A file whose first line is the passphrase (else TOCSIN_PASSPHRASE_FILE, else it is asked for).")
    var passphraseFile: String?

    /// A passphrase that is being chosen: typed twice where somebody types it.
    func readNew(_ prompt: String) throws -> SecretBytes {
        let first = try read(prompt)
        guard Terminal.isInteractive, path == nil else { return first }
        guard try Terminal.passphrase("again").constantTimeEquals(first) else {
            throw CommandError(.inputRefused, "the two passphrases differ", hint: "nothing was made")
        }
        return first
    }

    func read(_ prompt: String) throws -> SecretBytes {
        guard let path else { return try Terminal.passphrase(prompt) }
        var bytes = try Files.read(path, limit: 4096)
        defer { wipe(&bytes) }
        let line = bytes.prefix { $0 != 0x0a && $0 != 0x0d }
        guard !line.isEmpty else {
            throw CommandError(.inputRefused, "\(path) holds no passphrase")
        }
        return try SecretBytes(line, memory: .guarded)
    }

    private var path: String? {
        let path = passphraseFile ?? ProcessInfo.processInfo.environment["TOCSIN_PASSPHRASE_FILE"]
        return path.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Data for programs instead of people.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}

/// The pinned root.
struct RootOptions: ParsableArguments {
    @Option(help: "The officers' signed root.")
    var root: String

    @Option(help: "Its digest, as the officers told it by another way.")
    var rootDigest: String

    func load() throws -> TrustedRoot {
        try TrustedRoot(verifying: Files.read(root), pinnedDigest: rootDigest)
    }
}
