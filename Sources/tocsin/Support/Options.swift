import ArgumentParser
import CallList
import Client
import Foundation
import Office
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

    /// Opens the profile for `body`, and ends its connections whatever happens. The passphrase is settled first: `body` may
    /// read text from standard input. Afterwards a person is told of call lists that came in force, beside the data.
    func withClient<T>(_ body: (Client) async throws -> T) async throws -> T {
        let location = location
        let unlock = try secrets.unlock(location.protection(), of: location)
        let client = try Client.open(location, unlock: unlock)
        do {
            let result = try await body(client)
            tellCallLists(client)
            await client.finish()
            await client.shutdown()
            return result
        } catch {
            tellCallLists(client)
            await client.shutdown()
            throw error
        }
    }
}

extension ProfileOptions {
    /// What goes wrong here goes wrong for the next command, too, which tells then.
    private func tellCallLists(_ client: Client) {
        try? client.tellCallLists { Terminal.tell(CallListNewsView($0).lines.joined(separator: "\n")) }
    }
}

/// Where a profile's secret comes from.
struct SecretOptions: ParsableArguments {
    @OptionGroup var passphrase: PassphraseOptions

    @Option(help: "A sensor's key file (else TOCSIN_KEY_FILE).")
    var keyFile: String?

    func unlock(_ protection: VaultProtection, of profile: Profile) throws -> VaultUnlock {
        switch protection {
        case .passphrase: .passphrase(try passphrase.read("passphrase of the profile in \(profile.directory.path)"))
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
    /// - Parameter what: what it opens, and whose.
    func readNew(_ what: String) throws -> SecretBytes {
        if let path { return try read(from: path) }
        return try Prompt.open(orElse: Self.hint) { prompt in
            let first = try prompt.passphrase("new \(what)")
            guard try prompt.passphrase("the same again").constantTimeEquals(first) else {
                throw CommandError(.inputRefused, "the two passphrases differ", hint: "nothing was made")
            }
            return first
        }
    }

    /// - Parameter what: what it opens, and whose.
    func read(_ what: String) throws -> SecretBytes {
        if let path { return try read(from: path) }
        return try Prompt.open(orElse: Self.hint) { try $0.passphrase(what) }
    }

    /// An officer's key, opened with the passphrase that is its own.
    func officerKey(_ path: String) throws -> OfficerKey {
        try Files.checkIsThere(path)
        return try OfficerKey.open(
            URL(fileURLWithPath: path), passphrase: read("passphrase of the officer's key \(path)"))
    }

    private static let hint = "--passphrase-file FILE, or TOCSIN_PASSPHRASE_FILE"

    private func read(from path: String) throws -> SecretBytes {
        guard path != "-" else {
            throw CommandError(
                .inputRefused, "a passphrase is never read from standard input",
                hint: "name a file, or type it at a terminal")
        }
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
