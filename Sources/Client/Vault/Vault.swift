import Foundation
import SQLite
import Sodium
import Terms

/// One SQLite file that holds all that this device knows. Every value is sealed under the vault key; clear are only
/// pseudonyms, sequence numbers and hashes, which the store needs to find and order things.
///
/// Several processes may have it open: each change is one immediate transaction, so they take turns [R7].
struct Vault: Sendable {
    let database: Database
    let cipher: VaultCipher

    /// Seconds that a process waits for another's transaction.
    static let busySeconds = 20

    static func create(_ profile: Profile, unlock: VaultUnlock) throws -> Vault {
        guard !profile.exists else {
            throw ClientError(
                .profileExists, "there is a profile in \(profile.directory.path) already",
                hint: "use another one: --profile DIR or TOCSIN_HOME")
        }
        let (header, key) = try VaultHeader.create(unlock: unlock)
        do {
            try FileManager.default.createDirectory(
                at: profile.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ClientError(.ioFailure, "cannot create \(profile.directory.path)", hint: "choose another --profile")
        }
        // Made under another name and then renamed: a crash leaves no half-made vault behind.
        let draft = profile.directory.appendingPathComponent("vault.sqlite.new")
        for suffix in ["", "-wal", "-shm"] { unlink(draft.path + suffix) }
        try translating {
            let database = try openDatabase(draft, schema: VaultSchema.migrations)
            try database.write {
                try $0.run("INSERT INTO header (id, document) VALUES (1, ?)", [try JSONEncoder().encode(header)])
            }
            try database.scrub(patience: Self.busySeconds * 1000)
            try database.close()
        }
        // SQLite gives its write-ahead log the same.
        guard chmod(draft.path, 0o600) == 0 else { throw ClientError(.ioFailure, "cannot protect \(draft.path)") }
        guard rename(draft.path, profile.vaultFile.path) == 0 else {
            throw ClientError(.ioFailure, "cannot create \(profile.vaultFile.path)")
        }
        return try translating { Vault(database: try openDatabase(profile.vaultFile), cipher: VaultCipher(key: key)) }
    }

    /// - Parameter onStatement: hears of each SQL statement that is run, for tests of how they are run.
    static func open(
        _ profile: Profile, unlock: VaultUnlock, onStatement: (@Sendable (String) -> Void)? = nil
    ) throws -> Vault {
        let header = try header(of: profile)
        let key = try header.unwrap(unlock: unlock)
        return try translating {
            Vault(
                database: try openDatabase(
                    profile.vaultFile, schema: VaultSchema.migrations, onStatement: onStatement),
                cipher: VaultCipher(key: key))
        }
    }

    static func header(of profile: Profile) throws(ClientError) -> VaultHeader {
        guard profile.exists else {
            throw ClientError(
                .noProfile, "there is no profile in \(profile.directory.path)",
                hint: "make one: tocsin enroll request …; or name another: --profile DIR")
        }
        do {
            return try translating {
                let database = try openDatabase(profile.vaultFile)
                let row = try database.read { try $0.row("SELECT document FROM header WHERE id = 1") }
                guard let document = try row?.data("document"),
                    let header = try? JSONDecoder().decode(VaultHeader.self, from: document)
                else {
                    throw damaged
                }
                return header
            }
        } catch let error as ClientError {
            throw error
        } catch {
            throw damaged
        }
    }

    /// One connection does it all: another would keep pages of its own, and its reads would hinder the log's scrubbing.
    ///
    /// On a full disk, or one that can be read only, what is known can still be read; whatever writes says why it cannot.
    private static func openDatabase(
        _ url: URL, schema: [String] = [], onStatement: (@Sendable (String) -> Void)? = nil
    ) throws -> Database {
        var options = Database.Options()
        options.busySeconds = busySeconds
        options.readers = 0
        options.onStatement = onStatement
        do {
            return try Database(path: url.path, schema: schema, options: options)
        } catch let error as SQLiteError where error.code == .full {
            options.access = .alone
            return try Database(path: url.path, schema: schema, options: options)
        } catch let error as SQLiteError where error.code == .cannotOpen {
            // Nothing can be made beside it, so nobody else writes it either.
            let folder = url.deletingLastPathComponent().path
            guard access(folder, W_OK) != 0, errno == EROFS || errno == EACCES,
                (Database.logBytes(of: url.path) ?? 0) == 0
            else { throw error }
            options.access = .sealed
            return try Database(path: url.path, options: options)
        }
    }

    /// One change, whole or not at all, durable when this returns.
    func write<T>(_ change: (VaultTransaction) throws -> T) throws -> T {
        try Self.translating { try database.write { try change(VaultTransaction(connection: $0, cipher: cipher)) } }
    }

    func read<T>(_ body: (VaultTransaction) throws -> T) throws -> T {
        try Self.translating { try database.read { try body(VaultTransaction(connection: $0, cipher: cipher)) } }
    }

    /// Forgets overwritten pages: after epoch secrets were deleted, the write-ahead log must not keep them.
    func truncateLog() {
        // Another process may be reading: nobody waits for it, the next call does it.
        _ = try? database.scrub(patience: 0)
    }

    static let damaged = ClientError(
        .vaultDamaged, "the vault is damaged or was tampered with",
        hint: "restore the profile from a backup, or enrol this device anew")

    static func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw ClientError(error)
        }
    }
}

extension ClientError {
    init(_ error: SQLiteError) {
        switch error.code {
        case .busy, .overloaded, .interrupted:
            self.init(.vaultBusy, "another process keeps the vault busy", hint: "try again")
        case .damaged: self = Vault.damaged
        case .newer:
            self.init(
                .vaultDamaged, "a newer program wrote this vault", hint: "use that program's version, or a newer one")
        case .full:
            self.init(
                .ioFailure, "the vault cannot be written: the disk is full or failing",
                hint: "nothing was changed; make room and try again")
        case .cannotOpen:
            self.init(.ioFailure, "the vault cannot be opened for writing", hint: "check its permissions")
        case .misuse:
            // The schema forbids what this program asked for: the vault is as it was, and restoring it would not help.
            self.init(
                .vaultMisused, "this program asked the vault for what cannot be (\(error.reason))",
                hint: "nothing was changed; please report it")
        }
    }
}
