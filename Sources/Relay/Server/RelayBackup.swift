public import CallList
public import Foundation
public import Logging
import Platform
import SQLite
import Terms

/// A copy of a relay, from which it can be set up again: keys, call lists, enrolments. A relay that is restored keeps nothing of
/// rooms, since it cannot know what it has given out since the copy was made [R22].
public enum RelayBackup {
    private static let bytes = 1 << 16

    /// Copies a relay, whether it runs or not.
    /// - Parameters:
    ///   - data: its data directory.
    ///   - folder: which must not exist yet. It holds the relay's identity afterwards: to be guarded as the relay itself.
    /// - Throws: ``StartError``, `FileError`; then there is no folder.
    public static func make(of data: URL, in folder: URL) async throws {
        _ = try RelayKeys.load(from: data)
        try await filling(folder) {
            for (name, mode) in RelayKeys.files { try copy(name, from: data, to: folder, mode: mode) }
            let whole = folder.appendingPathComponent("whole.sqlite")
            try copyDatabase(data.appendingPathComponent(RelayServer.databaseFile), to: whole)
            try forgetRooms(in: whole)
            // Once more: the copy of what is left holds no trace of what was deleted.
            try copyDatabase(whole, to: folder.appendingPathComponent(RelayServer.databaseFile))
            for rest in ["", "-wal", "-shm"] { unlink(whole.path + rest) }
            try keepDurable(folder.appendingPathComponent(RelayServer.databaseFile))
        }
    }

    /// Sets a relay up again.
    /// - Parameters:
    ///   - folder: what ``make(of:in:)`` made.
    ///   - data: the new data directory, which must not exist yet.
    ///   - callLists: up to the newest that the officers published, in their order: who was revoked since must stay out.
    /// - Returns: the version of the call list that it has now.
    /// - Throws: ``StartError``, `FileError`; then there is no data directory.
    public static func restore(
        from folder: URL, to data: URL, root: TrustedRoot, callLists: [[UInt8]], logger: Logger
    ) async throws -> UInt64 {
        let keys = try RelayKeys.load(from: folder)
        return try await filling(data) {
            for (name, mode) in RelayKeys.files { try copy(name, from: folder, to: data, mode: mode) }
            let database = data.appendingPathComponent(RelayServer.databaseFile)
            try copyDatabase(folder.appendingPathComponent(RelayServer.databaseFile), to: database)
            try keepDurable(database)
            let store = try SQLiteStore(
                path: data.appendingPathComponent(RelayServer.databaseFile).path, pages: 0, reserve: 0,
                identity: keys.identity, logger: logger, publish: { _ in })
            defer { try? store.database.close() }
            try await store.startGeneration()
            return try await take(callLists, into: store, root: root)
        }
    }

    private static func take(_ bundles: [[UInt8]], into store: SQLiteStore, root: TrustedRoot) async throws -> UInt64 {
        guard let stored = try await store.newestCallList() else {
            throw StartError(
                .damaged, "the copy holds no call list", hint: "is it a relay's? It was to be made by: backup")
        }
        let first = try UnverifiedCallList(decoding: stored).verify(root: root)
        var newest = first
        for bundle in bundles {
            let next = try UnverifiedCallList(decoding: bundle).verify(root: root, known: newest)
            if next.isSame(as: newest) { continue }
            do {
                try next.checkSucceeds(newest)
            } catch {
                throw StartError(
                    .callListRefused,
                    "call list \(next.version) does not follow \(newest.version), which the relay has then",
                    hint:
                        "give each from \(first.version + 1) to the newest, in their order: --calllist FILE --calllist FILE…"
                )
            }
            try await store.put(
                callList: bundle, version: next.version, devices: Set(next.devices.map(\.id)))
            newest = next
        }
        return newest.version
    }

    // MARK: Files

    /// Makes a folder, and takes it away again where `fill` fails.
    private static func filling<T>(_ folder: URL, _ fill: () async throws -> T) async throws -> T {
        try create(folder)
        do {
            return try await fill()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    private static func create(_ folder: URL) throws(StartError) {
        guard mkdir(folder.path, 0o700) == 0 else {
            throw StartError(
                .dataUnusable, "cannot make \(folder.path): \(String(cString: strerror(errno)))",
                hint: "name a folder that is not there yet; nothing was overwritten")
        }
    }

    private static func copy(_ name: String, from: URL, to: URL, mode: mode_t) throws {
        let bytes = try NewFile.read(from.appendingPathComponent(name), limit: bytes)
        try NewFile.write(bytes, to: to.appendingPathComponent(name), mode: mode)
    }

    private static func copyDatabase(_ source: URL, to copy: URL) throws {
        do {
            var options = Database.Options()
            options.readers = 0
            options.access = .readOnly
            let database = try Database(path: source.path, options: options)
            defer { try? database.close() }
            try database.copy(to: copy.path)
        } catch let error as SQLiteError {
            throw StartError(
                error.code == .full ? .noRoom : .dataUnusable, "cannot copy \(source.path): \(error.reason)",
                hint: "nothing was changed; a relay's database is there once it has run")
        }
    }

    /// What ``restore(from:to:root:callLists:logger:)`` would forget is in no copy: it would outlive what the relay itself
    /// destroys [R12].
    private static func forgetRooms(in copy: URL) throws {
        do {
            var options = Database.Options()
            options.readers = 0
            options.access = .alone
            let database = try Database(path: copy.path, options: options)
            try database.write { try SQLiteStore.forgetRooms(in: $0) }
            // So that nothing beside it is left to read.
            try database.scrub(patience: 0)
            try database.close()
        } catch let error as SQLiteError {
            throw StartError(
                error.code == .full ? .noRoom : .dataUnusable, "cannot write \(copy.path): \(error.reason)",
                hint: "nothing was changed")
        }
    }

    /// And for nobody else.
    private static func keepDurable(_ copy: URL) throws {
        guard chmod(copy.path, 0o600) == 0, sync(copy), sync(copy.deletingLastPathComponent()) else {
            throw StartError(.dataUnusable, "cannot write \(copy.path): \(String(cString: strerror(errno)))")
        }
    }

    private static func sync(_ url: URL) -> Bool {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}
